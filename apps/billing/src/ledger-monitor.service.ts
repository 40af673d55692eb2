import { LOGGER, metrics, type Logger } from '@gateway/platform';
import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { LedgerStore } from './ledger.store';

const INTERVAL_MS = 60_000;
const FIRST_AFTER_MS = 5_000;

/**
 * Proves all the time that balances are the sums of the ledger. A round reads the entries since a checkpoint; the whole
 * ledger is read once a day, and whenever a round finds a difference, so that a checkpoint is never believed against it.
 */
@Injectable()
export class LedgerMonitorService implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly imbalance = metrics.gauge({
    name: 'gw_ledger_imbalance',
    help: 'Micro-dollars by which wallets are off the sums of their ledger entries; anything but 0 is a defect.',
  });
  private readonly heldImbalance = metrics.gauge({
    name: 'gw_holds_imbalance',
    help: 'Micro-dollars by which what wallets hold is off their open holds; anything but 0 is a defect.',
  });

  constructor(
    private readonly store: LedgerStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** First after a while: the messages that waited for this process go before. */
  onApplicationBootstrap(): void {
    this.timer = setTimeout(() => {
      this.runInBackground();
      this.timer = setInterval(() => {
        this.runInBackground();
      }, INTERVAL_MS);
      this.timer.unref();
    }, FIRST_AFTER_MS);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** One round; returns the imbalance of the ledger in micro-dollars. */
  async check(): Promise<bigint> {
    const imbalance = await this.ledgerImbalance();
    const held = await this.store.heldImbalance();
    this.imbalance.set(Number(imbalance));
    this.heldImbalance.set(Number(held));
    if (imbalance !== 0n || held !== 0n) {
      this.logger.error({ count: imbalance, records: held }, 'ledger.imbalance');
    }
    return imbalance;
  }

  private async ledgerImbalance(): Promise<bigint> {
    const { through, isRecountDue } = await this.store.checkpoint();
    const since = isRecountDue ? null : await this.store.imbalanceSince(through);
    if (since === 0n) {
      await this.store.advanceCheckpoint(through);
      return 0n;
    }
    const full = await this.store.fullImbalance();
    await this.store.recounted(since !== null && full === 0n);
    return full;
  }

  private runInBackground(): void {
    this.running ??= this.check()
      .then(() => undefined)
      .catch((error: unknown) => {
        this.logger.warn({ err: error }, 'ledger.not-checked');
      })
      .finally(() => {
        this.running = undefined;
      });
  }
}
