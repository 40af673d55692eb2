import { parseTenancyRecord } from '@gateway/contracts';
import type { Messaging } from '@gateway/messaging';
import type { Logger } from '@gateway/platform';
import { ApplicationsView } from './applications-view';

interface ApplicationsTableOptions {
  readonly messaging: Pick<Messaging, 'tables'>;
  readonly logger: Logger;
}

const TOPIC = 'tenancy.changed.v1';
const WATCH_INTERVAL_MS = 250;
const RESYNC_INTERVAL_MS = 5_000;

/** With auth and the topic gone, what is known of an application goes on this long. */
export const APPLICATIONS_GRACE_MS = 60_000;

/** All applications, fed by `tenancy.changed.v1`: read to the end at start, and again after a gap. */
export class ApplicationsTable {
  readonly view = new ApplicationsView();
  private table: Awaited<ReturnType<Messaging['tables']['read']>> | null = null;
  private isReading = false;
  private hasLoaded = false;
  private readAtMs = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ApplicationsTableOptions) {}

  /** Reads in the background: a process whose broker is away still starts, and is not ready. */
  start(): void {
    this.watch();
    this.timer = setInterval(() => {
      this.watch();
    }, WATCH_INTERVAL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Why this process should not get work yet. */
  health(): string | null {
    return this.hasLoaded ? null : 'applications are not read yet';
  }

  /** Reads everything at first, and again after a gap, but not more often than is useful. */
  private watch(): void {
    const nowMs = Date.now();
    const isDue = nowMs - this.readAtMs >= RESYNC_INTERVAL_MS;
    if (this.isReading || !isDue || (this.hasLoaded && !this.view.hasGap)) return;
    this.isReading = true;
    this.readAtMs = nowMs;
    this.readAll()
      .catch((error: unknown) => {
        this.options.logger.warn({ err: error, topic: TOPIC }, 'applications.not-read');
      })
      .finally(() => {
        this.isReading = false;
      });
  }

  private async readAll(): Promise<void> {
    this.view.beginLoad();
    if (this.table) await this.table.resync();
    else {
      this.table = await this.options.messaging.tables.read(TOPIC, (records) => {
        for (const { key, value, timestampMs } of records) {
          const record = value === null ? null : parseTenancyRecord(value);
          this.view.apply({ key, record, stampMs: timestampMs });
        }
      });
    }
    this.view.endLoad();
    this.hasLoaded = true;
  }
}
