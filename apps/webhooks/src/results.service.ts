import { isDataError, metrics, type Logger } from '@gateway/platform';
import type { AttemptResult, JobsStore } from './jobs.store';

/** A result, and what its recording leads to. */
interface Waiting {
  readonly result: AttemptResult;
  readonly onRecorded: () => void;
}

const RESULTS_MAX = 500;
/** From one statement to the next: nobody waits for a result, and each statement costs what many results in it do. */
const INTERVAL_MS = 20;
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 2_000;
/** While the process ends; then their leases give them back. */
const LAST_TRIES_MAX = 5;

const refused = metrics.counter({
  name: 'gw_webhooks_results_refused_total',
  help: 'Results of attempts whose delivery had been taken over meanwhile.',
});

/**
 * Records finished attempts: a lone one at once, under load all that end within an interval in one statement. A store
 * that is gone is waited for; what is not recorded when its lease is over is sent again.
 */
export class ResultsService {
  private waiting: Waiting[] = [];
  private running: Promise<void> | null = null;
  private triesLeft = Infinity;
  private startedAtMs = -INTERVAL_MS;
  /** Results that are not recorded yet. */
  pending = 0;

  constructor(
    private readonly jobs: JobsStore,
    private readonly logger: Logger,
    private readonly monotonicMs: () => number,
  ) {}

  /** @param onRecorded called when it is recorded; never when it was refused */
  record(result: AttemptResult, onRecorded: () => void): void {
    this.waiting.push({ result, onRecorded });
    this.pending += 1;
    this.running ??= this.run();
  }

  /** From now on a store that is gone is not waited for long: the process ends. */
  hurry(): void {
    this.triesLeft = LAST_TRIES_MAX;
  }

  /** Resolves when everything is recorded. */
  async drained(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    // What ends in the same turn goes together.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      await this.intervalOver();
      const batch = this.waiting.splice(0, RESULTS_MAX);
      await this.finish(batch);
      this.pending -= batch.length;
    }
    this.running = null;
  }

  private async intervalOver(): Promise<void> {
    const waitMs = this.startedAtMs + INTERVAL_MS - this.monotonicMs();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    this.startedAtMs = this.monotonicMs();
  }

  private async finish(batch: readonly Waiting[]): Promise<void> {
    for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
      try {
        const recorded = await this.jobs.finish(batch.map(({ result }) => result));
        this.tell(batch, recorded);
        return;
      } catch (error) {
        if (isDataError(error)) {
          await this.finishByHalves(batch, error);
          return;
        }
        this.logger.warn({ err: error, records: batch.length }, 'results.not-recorded');
        if (this.triesLeft <= 0) return;
        this.triesLeft -= 1;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /** One that the store does not take is interrupted by its lease, in the end parked; the others are recorded. */
  private async finishByHalves(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (batch.length === 1) {
      this.logger.error({ err: error }, 'results.unrecordable');
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    await this.finish(batch.slice(0, middle));
    await this.finish(batch.slice(middle));
  }

  private tell(batch: readonly Waiting[], recorded: ReadonlySet<string>): void {
    for (const { result, onRecorded } of batch) {
      if (recorded.has(result.deliveryId)) onRecorded();
      else refused.inc();
    }
  }
}
