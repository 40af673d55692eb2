import type { BrokerClock } from '@gateway/messaging';
import { metrics, type Logger } from '@gateway/platform';
import type { AnswersService } from './answers.service';
import { firstIdAt } from './domain/first-id';
import type { IdempotencyStore } from './idempotency.store';
import type { DeadInstance, InstancesStore } from './instances.store';
import type { LeaseService } from './lease.service';
import type { MessagesStore } from './messages.store';

export interface RecoveryStores {
  readonly instances: InstancesStore;
  readonly messages: MessagesStore;
  readonly keys: IdempotencyStore;
}

const SWEEP_INTERVAL_MS = 1_000;
const HOUSEKEEPING_INTERVAL_MS = 60_000;
/** A message may be on its way this long before it comes here, clocks that differ included. */
const BEFORE_ARRIVAL_MS = 180_000;

const lostCalls = metrics.counter({
  name: 'gw_dispatcher_lost_calls_total',
  help: 'Messages whose call was under way when its dispatcher ended; their outcome is unknown.',
});

/** Ends what dispatchers left behind that give no sign of life any more, and keeps the tables in order. */
export class RecoveryService {
  private timers: NodeJS.Timeout[] = [];
  private isSweeping = false;

  constructor(
    private readonly stores: RecoveryStores,
    private readonly lease: LeaseService,
    private readonly answers: AnswersService,
    private readonly process: { readonly brokerClock: BrokerClock; readonly logger: Logger },
  ) {}

  start(): void {
    const sweep = setInterval(() => void this.sweep(), SWEEP_INTERVAL_MS);
    const housekeeping = setInterval(() => void this.keepHouse(), HOUSEKEEPING_INTERVAL_MS);
    this.timers = [sweep, housekeeping];
    for (const timer of this.timers) timer.unref();
    void this.keepHouse();
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  /** Turns the open rows of dead instances into `unknown` and settles them. */
  async sweep(): Promise<void> {
    if (this.isSweeping || !this.lease.isSettled) return;
    this.isSweeping = true;
    try {
      for (const instance of await this.stores.instances.dead()) {
        if (instance.bootId !== this.lease.bootId) await this.bury(instance);
      }
    } catch (error) {
      this.process.logger.warn({ err: error }, 'recovery.failed');
    } finally {
      this.isSweeping = false;
    }
  }

  /** In an order that may break off anywhere: the instance is forgotten once all it left is settled. */
  private async bury({ bootId, openSinceMs, leaseUntilMs }: DeadInstance): Promise<void> {
    const range = {
      fromId: firstIdAt(openSinceMs - BEFORE_ARRIVAL_MS),
      toId: firstIdAt(leaseUntilMs + BEFORE_ARRIVAL_MS),
    };
    const nowMs = this.process.brokerClock.nowMs();
    const lost = await this.stores.messages.markLostOf(bootId, range, nowMs);
    await this.answers.settle(lost);
    await this.stores.instances.forgetDead(bootId);
    lostCalls.inc(lost.length);
    this.process.logger.warn({ bootId, records: lost.length }, 'instance.lost');
  }

  private async keepHouse(): Promise<void> {
    try {
      await this.stores.messages.preparePartitions();
      await this.stores.keys.purge(this.process.brokerClock.nowMs());
    } catch (error) {
      this.process.logger.warn({ err: error }, 'housekeeping.failed');
    }
  }
}
