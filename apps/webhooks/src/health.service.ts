import { metrics, uuidv7, type Logger, type Random } from '@gateway/platform';
import { FailureWindow } from './domain/failure-window';
import { healthStep, type NoticeKind } from './domain/endpoint-health';
import type { EndpointsService } from './endpoints.service';
import type { DisabledReason, EndpointsStore, EndpointTally } from './endpoints.store';

const BREAKER_OPEN_MS = 60_000;
const BREAKER_OPEN_MS_MAX = 600_000;
const WINDOWS_MAX = 10_000;
/** The last stage: the endpoint is not active any more. */
const DISABLED_STAGE = 4;

const breakersOpened = metrics.counter({
  name: 'gw_webhooks_breakers_opened_total',
  help: 'Endpoints that were left alone for a while because most attempts failed.',
});
const disabled = metrics.counter({
  name: 'gw_webhooks_endpoints_disabled_total',
  help: 'Endpoints that were disabled, by why.',
  labels: ['reason'],
});

export interface HealthOptions {
  readonly store: EndpointsStore;
  readonly endpoints: EndpointsService;
  readonly random: Random;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
}

/** How endpoints fare: the breaker, what their owners are warned of, and when it ends. */
export class HealthService {
  private readonly windows = new Map<string, FailureWindow>();
  private tallies = new Map<string, { hasSuccess: boolean; failures: number }>();
  private running: Promise<void> | null = null;

  constructor(private readonly options: HealthOptions) {}

  /** Takes note of one recorded attempt. */
  observe(endpointId: string, isFailed: boolean): void {
    const row = this.options.endpoints.get(endpointId)?.row;
    const isProbed = row !== undefined && row.breakerOpens > 0;
    const shouldOpen = this.windowOf(endpointId).record(isFailed, this.options.monotonicMs());
    if (isFailed && (shouldOpen || isProbed)) this.openBreaker(endpointId);
    // What is known to be well is not written about.
    if (!isFailed && row && !row.isFailing && !isProbed) return;
    this.count(endpointId, isFailed);
  }

  /** The receiver said that it is gone, or asked for an end. */
  async disable(endpointId: string, reason: 'gone' | 'asked_by_receiver'): Promise<void> {
    await this.raise(endpointId, `disabled_${reason}`, DISABLED_STAGE, reason);
  }

  /** Resolves when everything that was observed is written. */
  async drained(): Promise<void> {
    while (this.running) await this.running;
  }

  private count(endpointId: string, isFailed: boolean): void {
    const tally = this.tallies.get(endpointId) ?? { hasSuccess: false, failures: 0 };
    if (isFailed) tally.failures += 1;
    else tally.hasSuccess = true;
    this.tallies.set(endpointId, tally);
    this.running ??= this.run();
  }

  private windowOf(endpointId: string): FailureWindow {
    let window = this.windows.get(endpointId);
    if (!window) {
      window = new FailureWindow();
      this.windows.set(endpointId, window);
      const [oldest] = this.windows.keys();
      if (this.windows.size > WINDOWS_MAX && oldest !== undefined) this.windows.delete(oldest);
    }
    return window;
  }

  private openBreaker(endpointId: string): void {
    const { store, endpoints, logger } = this.options;
    this.windows.delete(endpointId);
    store
      .openBreaker(endpointId, BREAKER_OPEN_MS, BREAKER_OPEN_MS_MAX)
      .then(async (isOpened) => {
        if (isOpened) breakersOpened.inc();
        await endpoints.refresh([endpointId]);
      })
      .catch((error: unknown) => {
        // Its store is lost: deliveries go on, and the next failures try again.
        logger.warn({ err: error }, 'breaker.not-opened');
      });
  }

  private async run(): Promise<void> {
    await Promise.resolve();
    while (this.tallies.size > 0) {
      const tallies = [...this.tallies].map(([endpointId, tally]) => ({ endpointId, ...tally }));
      this.tallies = new Map();
      await this.write(tallies);
    }
    this.running = null;
  }

  private async write(tallies: readonly EndpointTally[]): Promise<void> {
    const { store, endpoints, logger } = this.options;
    try {
      for (const failing of await store.tally(tallies)) {
        const step = healthStep(failing);
        const reason = step?.isDisabling === true ? 'failing' : null;
        if (step) await this.raise(failing.endpointId, step.notice, step.stage, reason);
      }
      // So that what is known of it here is what was written, before the next watch.
      await endpoints.refresh(tallies.map(({ endpointId }) => endpointId));
    } catch (error) {
      logger.warn({ err: error, records: tallies.length }, 'health.not-written');
    }
  }

  private async raise(
    endpointId: string,
    kind: NoticeKind,
    stage: number,
    disabledReason: DisabledReason | null,
  ): Promise<void> {
    const { store, endpoints, random, logger } = this.options;
    const notice = { id: uuidv7(Date.now(), random), endpointId, kind };
    if (!(await store.raise(notice, { stage, disabledReason }))) return;
    if (disabledReason !== null) {
      disabled.inc({ reason: disabledReason });
      logger.warn({ reason: disabledReason }, 'endpoint.disabled');
    }
    await endpoints.refresh([endpointId]);
  }
}
