import { MESSAGING, type Messaging } from '@gateway/messaging';
import { CLOCK, LOGGER, metrics, type Clock, type Logger } from '@gateway/platform';
import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { BILLING_SETTINGS, type BillingSettings } from './billing.config';
import { META_PART_KEPT_MS, UNKNOWN_KEPT_MS } from './domain/hold-policy';
import { HoldsStore } from './holds.store';

const INTERVAL_MS = 5_000;
const ASKED_AT_ONCE = 500;
const ANSWER_TIMEOUT_MS = 5_000;
/** What was asked and not settled is asked again after this. */
const LEASE_MS = 10_000;
const RELEASED_KEPT_MS = 2 * 60 * 60_000;
const FORGOTTEN_AT_ONCE = 5_000;
const META_PARTS_AT_ONCE = 1_000;

/**
 * Ends holds that no outcome has ended. The dispatcher is asked about each and answers with an outcome, also for what
 * it never saw; a hold is never released by its age alone. Only what may have been sent, and stays so, is given back
 * after 15 minutes: should its acceptance become known later, it is charged without a hold.
 */
@Injectable()
export class HoldReconcilerService implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stop: () => void = () => undefined;
  private readonly stopped = new Promise<null>((resolve) => {
    this.stop = () => {
      resolve(null);
    };
  });
  private readonly counts = metrics.gauge({
    name: 'gw_holds',
    help: 'Open holds, by state.',
    labels: ['state'],
  });
  private readonly oldestAge = metrics.gauge({
    name: 'gw_holds_oldest_age_seconds',
    help: 'Age of the oldest open hold; 0 without one.',
  });

  constructor(
    private readonly store: HoldsStore,
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** First after a while: the messages that waited for this process go before. */
  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.runInBackground();
    }, INTERVAL_MS);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stop();
    await this.running;
  }

  /** One round: asks about what is due, gives back what stayed unknown, forgets old traces, measures. */
  async reconcile(): Promise<void> {
    // Without the dispatcher the rest goes on; what was claimed comes back when its lease is over.
    await this.askDue().catch((error: unknown) => {
      this.logger.warn({ err: error }, 'holds.not-asked');
    });
    await this.releaseUnknown();
    await this.expireMetaHolds();
    await this.store.forgetReleased(RELEASED_KEPT_MS, FORGOTTEN_AT_ONCE);
    await this.measure();
  }

  private runInBackground(): void {
    this.running ??= this.reconcile()
      .catch((error: unknown) => {
        this.logger.warn({ err: error }, 'holds.not-reconciled');
      })
      .finally(() => {
        this.running = undefined;
      });
  }

  /** Claims are leases: several instances share the work, and what one of them drops comes back by itself. */
  private async askDue(): Promise<void> {
    for (;;) {
      const messages = await this.store.claimDue(this.clock.nowMs(), LEASE_MS, ASKED_AT_ONCE);
      if (messages.length === 0) return;
      const answer = this.messaging.commands.call(
        'dispatcher',
        'outcomes',
        { messages },
        { timeoutMs: ANSWER_TIMEOUT_MS },
      );
      // The end of the process waits for no answer: what was claimed comes back when its lease is over.
      const settled = await Promise.race([answer, this.stopped]);
      if (!settled) return;
      this.logger.info({ count: messages.length, records: settled.settled }, 'holds.asked');
      if (messages.length < ASKED_AT_ONCE) return;
    }
  }

  private async releaseUnknown(): Promise<void> {
    for (;;) {
      const nowMs = this.clock.nowMs();
      const holds = await this.store.unknownSince(nowMs - UNKNOWN_KEPT_MS, ASKED_AT_ONCE);
      if (holds.length === 0) return;
      const { ended } = await this.store.settle(
        holds.map((hold) => ({ ...hold, action: 'release' })),
        this.settings.feeMicroUsd,
        nowMs,
      );
      this.logger.info({ count: ended }, 'holds.unknown-released');
      if (holds.length < ASKED_AT_ONCE) return;
    }
  }

  private async expireMetaHolds(): Promise<void> {
    for (;;) {
      const timeMs = this.clock.nowMs() - META_PART_KEPT_MS;
      const count = await this.store.expireMetaHolds(timeMs, META_PARTS_AT_ONCE);
      if (count > 0) this.logger.info({ count }, 'meta-holds.expired');
      if (count < META_PARTS_AT_ONCE) return;
    }
  }

  private async measure(): Promise<void> {
    const { held, unknown, oldestAtMs } = await this.store.count();
    this.counts.set({ state: 'held' }, held);
    this.counts.set({ state: 'unknown' }, unknown);
    const ageMs = oldestAtMs === null ? 0 : Math.max(this.clock.nowMs() - oldestAtMs, 0);
    this.oldestAge.set(ageMs / 1_000);
  }
}
