import {
  WATERMARK_STALE_MS,
  type ApplicationContext,
  type TenancyRecord,
} from '@gateway/contracts';

/** A record of `tenancy.changed.v1`, as it was read. */
export interface TenancyChange {
  readonly key: string | null;
  /** Null for a tombstone, or for a value that cannot be read. */
  readonly record: TenancyRecord | null;
  /** The broker's stamp, Unix milliseconds. */
  readonly stampMs: number;
}

interface Entry {
  readonly version: number;
  readonly application: ApplicationContext | null;
}

interface Tables {
  readonly applications: Map<string, Entry>;
  /** Applications by what else they are asked for. */
  readonly byHandle: Map<string, ApplicationContext>;
  readonly byPhoneNumberId: Map<string, ApplicationContext>;
  readonly byWabaId: Map<string, Set<ApplicationContext>>;
  /** Up to which version nothing is missing; null before the first watermark. */
  version: number | null;
  /** Broker's time for which the newest watermark stands. */
  watermarkAtMs: number;
  hasGap: boolean;
}

const emptyTables = (): Tables => ({
  applications: new Map(),
  byHandle: new Map(),
  byPhoneNumberId: new Map(),
  byWabaId: new Map(),
  version: null,
  watermarkAtMs: Number.NEGATIVE_INFINITY,
  hasGap: false,
});

const KEY_PREFIX = 'application:';

/**
 * Applications as auth publishes them, and whether they may be believed: read to the end the last watermark is the
 * base, as holes below it are compaction's; from there on versions must follow without a gap, behind a watermark that
 * is under 4 s old.
 */
export class ApplicationsView {
  private current = emptyTables();
  private loading: Tables | null = null;

  /** Everything comes again from the start of the topic; what no longer stands there goes. */
  beginLoad(): void {
    this.loading = emptyTables();
  }

  endLoad(): void {
    if (this.loading) this.current = this.loading;
    this.loading = null;
  }

  get hasGap(): boolean {
    return this.current.hasGap;
  }

  find(appId: string): ApplicationContext | null {
    return this.current.applications.get(appId)?.application ?? null;
  }

  findByHandle(handle: string): ApplicationContext | null {
    return this.current.byHandle.get(handle) ?? null;
  }

  /** A number belongs to one application in the whole installation. */
  findByPhoneNumberId(phoneNumberId: string): ApplicationContext | null {
    return this.current.byPhoneNumberId.get(phoneNumberId) ?? null;
  }

  /** An account may have several numbers, each with an application of its own. */
  findByWabaId(wabaId: string): readonly ApplicationContext[] {
    return [...(this.current.byWabaId.get(wabaId) ?? [])];
  }

  /** @param brokerNowMs the broker's time */
  isFresh(brokerNowMs: number): boolean {
    return !this.current.hasGap && this.ageMs(brokerNowMs) < WATERMARK_STALE_MS;
  }

  /** How long ago this was surely what auth knows. */
  ageMs(brokerNowMs: number): number {
    return brokerNowMs - this.current.watermarkAtMs;
  }

  apply({ key, record, stampMs }: TenancyChange): void {
    const tables = this.loading ?? this.current;
    if (record === null) {
      if (key?.startsWith(KEY_PREFIX) === true) {
        set(tables, key.slice(KEY_PREFIX.length), null);
      }
      return;
    }
    if (record.kind === 'watermark') {
      this.applyWatermark(tables, record.version, Math.min(record.atMs, stampMs));
      return;
    }
    this.follow(tables, record.version);
    if (record.kind !== 'application') return;
    const known = tables.applications.get(record.id);
    if (known && known.version > record.version) return;
    set(tables, record.id, { version: record.version, application: record.data });
  }

  private applyWatermark(tables: Tables, version: number, atMs: number): void {
    if (tables.version === null || this.loading) {
      tables.version = version;
      tables.hasGap = false;
    } else if (version > tables.version) tables.hasGap = true;
    // A gap stops the clock: what was lost may be anything.
    if (!tables.hasGap) tables.watermarkAtMs = Math.max(tables.watermarkAtMs, atMs);
  }

  private follow(tables: Tables, version: number): void {
    if (tables.version === null || version <= tables.version) return;
    if (version > tables.version + 1) tables.hasGap = true;
    if (this.loading || !tables.hasGap) tables.version = version;
  }
}

/** Puts an application where its older self was, in every index. */
function set(tables: Tables, appId: string, entry: Entry | null): void {
  const known = tables.applications.get(appId)?.application;
  if (known) unindex(tables, known);
  if (!entry) {
    tables.applications.delete(appId);
    return;
  }
  tables.applications.set(appId, entry);
  const { application } = entry;
  if (!application) return;
  tables.byHandle.set(application.handle, application);
  if (!application.channel) return;
  const { phoneNumberId, wabaId } = application.channel;
  tables.byPhoneNumberId.set(phoneNumberId, application);
  const ofWaba = tables.byWabaId.get(wabaId);
  if (ofWaba) ofWaba.add(application);
  else tables.byWabaId.set(wabaId, new Set([application]));
}

function unindex(tables: Tables, application: ApplicationContext): void {
  const { handle, channel } = application;
  if (tables.byHandle.get(handle) === application) tables.byHandle.delete(handle);
  if (!channel) return;
  const { phoneNumberId, wabaId } = channel;
  // A number that has moved stands there for its new application.
  if (tables.byPhoneNumberId.get(phoneNumberId) === application) {
    tables.byPhoneNumberId.delete(phoneNumberId);
  }
  const ofWaba = tables.byWabaId.get(wabaId);
  ofWaba?.delete(application);
  if (ofWaba?.size === 0) tables.byWabaId.delete(wabaId);
}
