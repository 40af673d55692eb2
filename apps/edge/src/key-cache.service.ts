import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { parseTenancyRecord } from '@gateway/contracts';
import { MESSAGING, type InboundRecord, type Messaging } from '@gateway/messaging';
import {
  CLOCK,
  HEALTH,
  LOGGER,
  type Clock,
  type HealthRegistry,
  type Logger,
} from '@gateway/platform';
import { TenancyView, type KnownKey } from './domain/tenancy-view';
import { edgeMetrics } from './edge-metrics';

const RESYNC_INTERVAL_MS = 5_000;
const WATCH_INTERVAL_MS = 250;

/**
 * The edge's copy of keys and applications, fed by `tenancy.changed.v1` from its start. It reads in the background: a
 * process whose broker is away still starts, is not ready, and asks auth.
 */
@Injectable()
export class KeyCacheService implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly view = new TenancyView();
  private table: Awaited<ReturnType<Messaging['tables']['read']>> | null = null;
  private hasLoaded = false;
  private isReading = false;
  private readAtMs = -Infinity;
  /** Local Unix milliseconds at which everything here was last sure. */
  lastFreshAtMs = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) health: HealthRegistry,
  ) {
    health.add('edge keys', () => (this.hasLoaded ? null : 'API keys are not read yet'));
  }

  onApplicationBootstrap(): void {
    this.watch();
    this.timer = setInterval(() => {
      this.watch();
    }, WATCH_INTERVAL_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Whether what is known here may be believed without asking auth. */
  isFresh(): boolean {
    const isFresh = this.view.isFresh(this.messaging.brokerClock.nowMs());
    if (isFresh) this.lastFreshAtMs = this.clock.nowMs();
    return isFresh;
  }

  find(keyHash: string): KnownKey | undefined {
    return this.view.find(keyHash);
  }

  /** Reads everything at first, and again after a gap, but not more often than is useful. */
  watch(): void {
    edgeMetrics.keysFresh.set(this.isFresh() ? 1 : 0);
    const isDue = this.clock.nowMs() - this.readAtMs >= RESYNC_INTERVAL_MS;
    if (this.isReading || !isDue || (this.table && !this.view.hasGap)) return;
    this.isReading = true;
    this.readAtMs = this.clock.nowMs();
    this.readAll()
      .catch((error: unknown) => {
        this.logger.warn({ err: error, topic: 'tenancy.changed.v1' }, 'keys.not-read');
      })
      .finally(() => {
        this.isReading = false;
      });
  }

  private async readAll(): Promise<void> {
    this.view.beginLoad();
    if (this.table) {
      await this.table.resync();
    } else {
      this.table = await this.messaging.tables.read('tenancy.changed.v1', (records) => {
        for (const record of records) this.take(record);
      });
    }
    this.view.endLoad();
    this.hasLoaded = true;
    edgeMetrics.keysFresh.set(this.isFresh() ? 1 : 0);
    this.logger.info({ topic: 'tenancy.changed.v1' }, 'keys.read');
  }

  private take({ key, value, timestampMs }: InboundRecord): void {
    const record = value === null ? null : (parseTenancyRecord(value) ?? undefined);
    if (record === undefined) {
      this.logger.error({ topic: 'tenancy.changed.v1' }, 'tenancy.record-unreadable');
    }
    this.view.apply({ key, record, stampMs: timestampMs });
  }
}
