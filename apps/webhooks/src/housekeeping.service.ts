import { parseMetaEvent } from '@gateway/contracts';
import { metrics, type Logger } from '@gateway/platform';
import type { AcceptService } from './accept.service';
import type { ApplicationsService } from './applications.service';
import type { ClaimsService } from './claims.service';
import type { DeliveryLanes } from './domain/delivery-lanes';
import type { EndpointShare } from './domain/endpoint-lane';
import type { EndpointsStore } from './endpoints.store';
import type { EventsStore } from './events.store';
import type { HousekeepingStore } from './housekeeping.store';
import type { JobsStore } from './jobs.store';
import type { NoticesService } from './notices.service';
import type { ReplaysStore } from './replays.store';

export interface HousekeepingOptions {
  readonly store: HousekeepingStore;
  readonly jobs: JobsStore;
  readonly events: EventsStore;
  readonly endpoints: EndpointsStore;
  readonly replays: ReplaysStore;
  readonly accepts: AcceptService;
  readonly claims: ClaimsService;
  readonly applications: ApplicationsService;
  readonly notices: NoticesService;
  readonly lanes: DeliveryLanes;
  /** Of an endpoint, over all instances. */
  readonly endpoint: EndpointShare;
  readonly bootId: string;
  readonly retentionDays: number;
  readonly logger: Logger;
}

const LEASES_INTERVAL_MS = 1_000;
const REPLAYS_INTERVAL_MS = 250;
const INSTANCES_INTERVAL_MS = 2_000;
const NOTICES_INTERVAL_MS = 5_000;
const UNMATCHED_INTERVAL_MS = 5_000;
const COUNTS_INTERVAL_MS = 5_000;
const PARTITIONS_INTERVAL_MS = 3_600_000;
const INSTANCE_ALIVE_MS = 10_000;
const ROWS_MAX = 1_000;
const EXPIRED_MAX = 500;
const NUMBERS_MAX = 1_000;
const UNMATCHED_PAGE = 200;
const REPLAY_PAGE = 100;
const REPLAY_QUEUED_MAX = 100;
/** Meta repeats for seven days. */
const SEEN_DAYS = 8;

const interrupted = metrics.counter({
  name: 'gw_webhooks_interrupted_total',
  help: 'Deliveries whose instance died or lost the store; sent again.',
});
const parked = metrics.counter({
  name: 'gw_webhooks_parked_total',
  help: 'Deliveries given up because each instance that had one died: look at each.',
});
const jobCounts = metrics.gauge({
  name: 'gw_webhooks_jobs',
  help: 'Deliveries that are not delivered yet.',
  labels: ['state'],
});
const endpointCounts = metrics.gauge({
  name: 'gw_webhooks_endpoints',
  help: 'Endpoints that are active, disabled, or left alone by their breaker.',
  labels: ['state'],
});
const running = metrics.gauge({
  name: 'gw_webhooks_in_flight',
  help: 'Calls to customers that run in this process, and deliveries that wait in it.',
  labels: ['state'],
});
const oldestDue = metrics.gauge({
  name: 'gw_webhooks_oldest_due_seconds',
  help: 'Age of the delivery that is due longest; above 60 something is wrong.',
});

/** Everything that is done by the clock, each on its own, so that one that fails or hangs holds up no other. */
export class HousekeepingService {
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly running = new Set<Promise<void>>();

  constructor(private readonly options: HousekeepingOptions) {}

  async start(): Promise<void> {
    await this.countInstances();
    this.every(LEASES_INTERVAL_MS, 'leases', () => this.endLeases());
    this.every(REPLAYS_INTERVAL_MS, 'replays', () => this.stepReplays());
    this.every(INSTANCES_INTERVAL_MS, 'instances', () => this.countInstances());
    this.every(NOTICES_INTERVAL_MS, 'notices', () => this.options.notices.give());
    this.every(UNMATCHED_INTERVAL_MS, 'unmatched', () => this.adoptUnmatched());
    this.every(COUNTS_INTERVAL_MS, 'counts', () => this.count());
    this.every(PARTITIONS_INTERVAL_MS, 'partitions', () => this.renew());
    this.run('partitions', () => this.renew());
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all(this.running);
    await this.options.store.signOff(this.options.bootId).catch((error: unknown) => {
      this.options.logger.warn({ err: error }, 'instance.not-signed-off');
    });
  }

  /** Ends leases that are over, and settles what waits for endpoints that are not active. */
  async endLeases(): Promise<void> {
    const { jobs, claims, logger } = this.options;
    const ended = await jobs.expire(EXPIRED_MAX);
    if (ended.interrupted > 0) {
      interrupted.inc(ended.interrupted);
      logger.warn({ count: ended.interrupted }, 'deliveries.interrupted');
      claims.kick();
    }
    if (ended.parked > 0) {
      parked.inc(ended.parked);
      logger.error({ count: ended.parked }, 'deliveries.parked');
    }
    while ((await jobs.settleOrphans(ROWS_MAX)) === ROWS_MAX);
  }

  /** What came for a number before its application is delivered once that is there. */
  async adoptUnmatched(): Promise<void> {
    const { events, applications } = this.options;
    for (const number of await events.unmatchedNumbers(NUMBERS_MAX)) {
      if (applications.receivers(number).length > 0) await this.adopt(number);
    }
  }

  async renew(): Promise<void> {
    const { store, endpoints, retentionDays, logger } = this.options;
    for (const { week, held } of await store.renewPartitions(retentionDays)) {
      logger.info({ version: week, count: held }, 'events.dropped');
    }
    while ((await store.forgetSeen(SEEN_DAYS, ROWS_MAX)) === ROWS_MAX);
    await endpoints.forgetDeleted();
  }

  private async adopt(number: { wabaId: string; phoneNumberId: string | null }): Promise<void> {
    const { events, accepts } = this.options;
    for (;;) {
      const kept = await events.unmatchedOf(number.wabaId, number.phoneNumberId, UNMATCHED_PAGE);
      await accepts.accept(
        kept.flatMap(({ payload, stampMs }) => {
          const event = parseMetaEvent(payload);
          return event ? [{ event, payload, stampMs }] : [];
        }),
      );
      await events.forgetUnmatched(kept);
      if (kept.length < UNMATCHED_PAGE) return;
    }
  }

  private async stepReplays(): Promise<void> {
    const { replays, claims } = this.options;
    await replays.cancelInactive();
    if (await replays.step(REPLAY_PAGE, REPLAY_QUEUED_MAX)) claims.kick();
  }

  private async countInstances(): Promise<void> {
    const { store, lanes, endpoint, bootId } = this.options;
    const alive = await store.signOfLife(bootId, INSTANCE_ALIVE_MS);
    lanes.setShare({
      concurrencyMax: Math.max(1, Math.floor(endpoint.concurrencyMax / alive)),
      ratePerSecond: endpoint.ratePerSecond / alive,
    });
  }

  private async count(): Promise<void> {
    const { pending, held, oldestDueAgeMs } = await this.options.jobs.counts();
    jobCounts.set({ state: 'pending' }, pending);
    jobCounts.set({ state: 'held' }, held);
    oldestDue.set(oldestDueAgeMs / 1_000);
    const { active, disabled, resting } = await this.options.endpoints.counts();
    endpointCounts.set({ state: 'active' }, active);
    endpointCounts.set({ state: 'disabled' }, disabled);
    endpointCounts.set({ state: 'breaker_open' }, resting);
    running.set({ state: 'running' }, this.options.lanes.running);
    running.set({ state: 'waiting' }, this.options.lanes.queued);
  }

  private every(intervalMs: number, name: string, work: () => Promise<void>): void {
    let isRunning = false;
    const timer = setInterval(() => {
      if (isRunning) return;
      isRunning = true;
      this.run(name, async () => {
        try {
          await work();
        } finally {
          isRunning = false;
        }
      });
    }, intervalMs);
    timer.unref();
    this.timers.push(timer);
  }

  private run(name: string, work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => {
        this.options.logger.warn({ err: error, component: name }, 'housekeeping.failed');
      })
      .finally(() => this.running.delete(running));
    this.running.add(running);
  }
}
