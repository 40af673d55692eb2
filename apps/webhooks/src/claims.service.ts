import { metrics, uuidv7, type Logger, type Random } from '@gateway/platform';
import type { DeliveryService } from './delivery.service';
import type { DeliveryLanes } from './domain/delivery-lanes';
import type { Job } from './domain/job';
import type { Claim, JobsStore } from './jobs.store';

export interface ClaimsOptions {
  readonly jobs: JobsStore;
  readonly lanes: DeliveryLanes;
  readonly deliveries: DeliveryService;
  readonly owner: string;
  readonly leaseMs: number;
  readonly random: Random;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
}

const POLL_INTERVAL_MS = 500;
/** Between claims while there is more to take. */
const HURRY_INTERVAL_MS = 20;
/** What an endpoint that nothing is known of is given. */
export const ROOM_OF_UNKNOWN = 40;

const claimed = metrics.counter({
  name: 'gw_webhooks_claimed_total',
  help: 'Deliveries taken from the schedule: all but first attempts that went at once.',
});

/** Takes what is due from the schedule, as much as there is room for. */
export class ClaimsService {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private hasMore = true;
  private isStopped = false;
  private nextAtMs = 0;

  constructor(private readonly options: ClaimsOptions) {
    options.deliveries.onRoom = () => {
      if (this.hasMore) this.schedule(HURRY_INTERVAL_MS);
    };
  }

  start(): void {
    this.schedule(0);
  }

  /** A claim for one statement. */
  newClaim(): Claim {
    const { owner, leaseMs, random } = this.options;
    return { owner, leaseMs, claimId: uuidv7(Date.now(), random) };
  }

  /** There is something in the schedule that may be due. */
  kick(): void {
    this.hasMore = true;
    this.schedule(HURRY_INTERVAL_MS);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    const atMs = this.options.monotonicMs() + delayMs;
    if (this.isStopped || this.running || (this.timer && this.nextAtMs <= atMs)) return;
    clearTimeout(this.timer);
    this.nextAtMs = atMs;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.running = this.run().finally(() => {
        this.running = null;
        this.schedule(this.hasMore ? HURRY_INTERVAL_MS : POLL_INTERVAL_MS);
      });
    }, delayMs);
  }

  private async run(): Promise<void> {
    const { deliveries, logger } = this.options;
    try {
      deliveries.giveBackStale();
      await deliveries.takeInTurn(() => this.claim());
    } catch (error) {
      this.hasMore = false;
      logger.warn({ err: error }, 'claims.failed');
    }
  }

  private async claim(): Promise<Job[]> {
    const { jobs, lanes, deliveries, monotonicMs } = this.options;
    const { jobs: countMax, bytes: bytesMax } = lanes.room;
    if (countMax === 0 || bytesMax === 0) {
      this.hasMore = false;
      return [];
    }
    const claim = this.newClaim();
    const takenAtMs = monotonicMs();
    const taken = await jobs.claim(claim, {
      rooms: new Map(lanes.rooms()),
      roomDefault: ROOM_OF_UNKNOWN,
      countMax,
      bytesMax,
      maySuspect: !deliveries.hasSuspect,
    });
    claimed.inc(taken.length);
    this.hasMore = taken.length > 0;
    return taken.map(({ ageMs, ...job }) => ({
      ...job,
      claimId: claim.claimId,
      takenAtMs,
      bornAtMs: takenAtMs - ageMs,
    }));
  }
}
