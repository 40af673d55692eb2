import type { Logger } from '@gateway/platform';
import type { OpenedEndpoint } from './delivery-request';
import type { EndpointSecrets } from './endpoint-secrets';
import type { EndpointRow, EndpointsStore } from './endpoints.store';

/** An endpoint as deliveries use it. */
export interface LoadedEndpoint {
  readonly row: EndpointRow;
  /** Whether it may be called now. */
  readonly isOpen: () => boolean;
  /** With its secrets; made when it is first used, for this revision. */
  readonly opened: () => OpenedEndpoint;
}

const CACHED_MAX = 10_000;
const WATCH_INTERVAL_MS = 500;
/** Longer than a change takes to commit, and than the watch may be late. */
const WATCHED_AGE_MS = 15_000;

/**
 * The endpoints that this process delivers to. A change made here counts at once, one of another instance within half a
 * second: the URL, secrets and whether it is active are those of the moment of sending.
 */
export class EndpointsService {
  private readonly loaded = new Map<string, LoadedEndpoint>();
  private readonly byApplication = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;
  private isWatching = false;
  /** Called with each endpoint that may not be called any more. */
  onClosed: (endpointId: string) => void = () => undefined;

  constructor(
    private readonly store: EndpointsStore,
    private readonly secrets: EndpointSecrets,
    private readonly logger: Logger,
    private readonly monotonicMs: () => number,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.watch(), WATCH_INTERVAL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  get(endpointId: string): LoadedEndpoint | undefined {
    return this.loaded.get(endpointId);
  }

  ofApplication(appId: string): LoadedEndpoint | undefined {
    return this.loaded.get(this.byApplication.get(appId) ?? '');
  }

  /** Loads what is missing or older than it should be. */
  async ensure(needed: ReadonlyMap<string, number>): Promise<void> {
    const missing = [...needed].filter(
      ([id, revision]) => (this.loaded.get(id)?.row.revision ?? -1) < revision,
    );
    if (missing.length > 0) await this.refresh(missing.map(([id]) => id));
  }

  /** Makes what is known of endpoints what is in the database now. */
  async refresh(endpointIds: readonly string[]): Promise<void> {
    const askedAtMs = this.monotonicMs();
    this.apply(await this.store.load(endpointIds), askedAtMs);
  }

  private apply(rows: readonly EndpointRow[], askedAtMs: number): void {
    for (const row of rows) {
      const known = this.loaded.get(row.id);
      if (known && known.row.revision > row.revision) continue;
      this.set(row, known, askedAtMs);
    }
  }

  private set(row: EndpointRow, known: LoadedEndpoint | undefined, askedAtMs: number): void {
    const isUsable = row.isActive && !row.isDeleted;
    const isOpen = (): boolean =>
      isUsable &&
      (row.breakerOpenForMs === 0 || this.monotonicMs() >= askedAtMs + row.breakerOpenForMs);
    this.loaded.delete(row.id);
    this.loaded.set(row.id, { row, isOpen, opened: this.opener(row, known) });
    if (!row.isDeleted) this.byApplication.set(row.appId, row.id);
    else if (this.byApplication.get(row.appId) === row.id) this.byApplication.delete(row.appId);
    if (!isOpen()) this.onClosed(row.id);
    if (this.loaded.size > CACHED_MAX) this.forgetOldest();
  }

  private opener(row: EndpointRow, known: LoadedEndpoint | undefined): () => OpenedEndpoint {
    if (known?.row.revision === row.revision) return known.opened;
    let opened: OpenedEndpoint | undefined;
    return () => (opened ??= this.secrets.opened(row));
  }

  private forgetOldest(): void {
    const [oldest] = this.loaded.values();
    if (!oldest) return;
    const { id, appId } = oldest.row;
    this.loaded.delete(id);
    if (this.byApplication.get(appId) === id) this.byApplication.delete(appId);
  }

  private async watch(): Promise<void> {
    if (this.isWatching) return;
    this.isWatching = true;
    try {
      const askedAtMs = this.monotonicMs();
      const changed = await this.store.changedWithin(WATCHED_AGE_MS);
      this.apply(
        changed.filter(({ id }) => this.loaded.has(id)),
        askedAtMs,
      );
    } catch (error) {
      this.logger.warn({ err: error }, 'endpoints.not-watched');
    } finally {
      this.isWatching = false;
    }
  }
}
