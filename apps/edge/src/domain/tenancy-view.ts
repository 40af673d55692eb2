import {
  WATERMARK_STALE_MS,
  type ApplicationContext,
  type KeyContext,
  type OrganizationContext,
  type SessionContext,
  type TenancyRecord,
} from '@gateway/contracts';

/** A record of `tenancy.changed.v1`, as it was read. */
export interface TenancyChange {
  /** The record's key; null for none. */
  readonly key: string | null;
  /** Null for a tombstone, undefined for a value that could not be read. */
  readonly record: TenancyRecord | null | undefined;
  /** The broker's stamp, Unix milliseconds. */
  readonly stampMs: number;
}

interface Entry<T> {
  readonly version: number;
  /** Null: deleted. Undefined: auth wrote something that cannot be read. */
  readonly data: T | null | undefined;
  /** Local Unix milliseconds at which auth itself confirmed the entry; 0 when it came from the topic. */
  readonly confirmedAtMs: number;
}

/** What is known of a key: itself and its application. */
export interface KnownKey {
  readonly key: Entry<KeyContext>;
  readonly application: Entry<ApplicationContext> | undefined;
}

interface Watermark {
  readonly version: number;
  /** Broker's time for which the watermark stands, Unix milliseconds. */
  readonly atMs: number;
}

interface Tables {
  readonly keys: Map<string, Entry<KeyContext>>;
  readonly applications: Map<string, Entry<ApplicationContext>>;
  /** Sessions that something happened to; auth removes each when its last token has expired. */
  readonly sessions: Map<string, Entry<SessionContext>>;
  readonly organizations: Map<string, Entry<OrganizationContext>>;
  /** Highest version up to which nothing is missing; null before the first watermark. */
  version: number | null;
  watermark: Watermark | null;
  hasGap: boolean;
}

const emptyTables = (): Tables => ({
  keys: new Map(),
  applications: new Map(),
  sessions: new Map(),
  organizations: new Map(),
  version: null,
  watermark: null,
  hasGap: false,
});

/**
 * The edge's copy of keys and applications, and whether it may be trusted without asking (`design.md` section 3). It
 * is read to the end at first and takes the last watermark as its base: holes below are compaction's. From there it is
 * fresh while versions follow without a gap and the watermark is under 4 s old.
 */
export class TenancyView {
  private current = emptyTables();
  /** While everything is read (again), records gather here: what is no longer in the topic must not stay. */
  private loading: Tables | null = null;

  /** Everything will be handed over from the start of the topic. */
  beginLoad(): void {
    this.loading = emptyTables();
  }

  /** Everything that was in the topic has been handed over. */
  endLoad(): void {
    if (this.loading) this.current = this.loading;
    this.loading = null;
  }

  get isLoading(): boolean {
    return this.loading !== null;
  }

  get hasGap(): boolean {
    return this.current.hasGap;
  }

  apply(change: TenancyChange): void {
    const tables = this.loading ?? this.current;
    const { record } = change;
    if (record?.kind === 'watermark') {
      this.applyWatermark(tables, record.version, Math.min(record.atMs, change.stampMs));
      return;
    }
    if (record) follow(tables, record.version, this.isLoading);
    store(tables, change);
  }

  /** Whether what is here, and what is missing here, may be believed. `brokerNowMs`: the broker's time. */
  isFresh(brokerNowMs: number): boolean {
    const { watermark, hasGap } = this.current;
    if (this.loading || watermark === null || hasGap) return false;
    return brokerNowMs - watermark.atMs < WATERMARK_STALE_MS;
  }

  find(keyHash: string): KnownKey | undefined {
    const key = this.current.keys.get(keyHash);
    if (!key) return undefined;
    const application = key.data && this.current.applications.get(key.data.appId);
    return { key, application: application ?? undefined };
  }

  /** Whether tokens of this version of a session are still good, as far as is known here. */
  admits(sessionId: string, tokenVersion: number): boolean {
    const entry = this.current.sessions.get(sessionId);
    if (!entry || entry.data === null) return true;
    return (
      entry.data !== undefined && !entry.data.isEnded && entry.data.tokenVersion <= tokenVersion
    );
  }

  /** Whether an organization lets pages of this origin read its answers. */
  isOriginOf(orgId: string, origin: string): boolean {
    return this.current.organizations.get(orgId)?.data?.origins.includes(origin) === true;
  }

  /** Whether any organization does. */
  isOriginOfAnybody(origin: string): boolean {
    for (const { data } of this.current.organizations.values()) {
      if (data?.origins.includes(origin) === true) return true;
    }
    return false;
  }

  /** Takes in auth's own answer; an event that is older than it will not undo it. */
  confirm(
    keyHash: string,
    answer: { version: number; key: KeyContext; application: ApplicationContext },
    nowMs: number,
  ): void {
    const { version, key, application } = answer;
    for (const tables of this.loading ? [this.loading, this.current] : [this.current]) {
      put(tables.keys, keyHash, { version, data: key, confirmedAtMs: nowMs });
      put(tables.applications, application.appId, {
        version,
        data: application,
        confirmedAtMs: nowMs,
      });
    }
  }

  /** Auth does not know the key (any more). */
  forget(keyHash: string): void {
    this.current.keys.delete(keyHash);
    this.loading?.keys.delete(keyHash);
  }

  private applyWatermark(tables: Tables, version: number, atMs: number): void {
    if (tables.version === null || this.loading) {
      // Everything up to it was handed over before it: the base.
      tables.version = version;
      tables.hasGap = false;
    } else if (version < tables.version) {
      return;
    } else if (version > tables.version) {
      tables.hasGap = true;
    }
    tables.watermark = { version, atMs };
  }
}

function follow(tables: Tables, version: number, isLoading: boolean): void {
  if (tables.version === null || version <= tables.version) return;
  if (version > tables.version + 1) tables.hasGap = true;
  // While loading, the next watermark is the base again and heals what only compaction took.
  if (isLoading || !tables.hasGap) tables.version = version;
}

function store(tables: Tables, { key, record }: TenancyChange): void {
  if (record) {
    const entry = { version: record.version, confirmedAtMs: 0 };
    if (record.kind === 'key') put(tables.keys, record.id, { ...entry, data: record.data });
    if (record.kind === 'application') {
      put(tables.applications, record.id, { ...entry, data: record.data });
    }
    if (record.kind === 'organization') {
      put(tables.organizations, record.id, { ...entry, data: record.data });
    }
    if (record.kind === 'session') put(tables.sessions, record.id, { ...entry, data: record.data });
    return;
  }
  const [kind, id] = (key ?? '').split(':', 2);
  if (id === undefined) return;
  const table = tableOf(tables, kind);
  if (record === null) table?.delete(id);
  else table?.set(id, { version: 0, data: undefined, confirmedAtMs: 0 });
}

function tableOf(
  { keys, applications, sessions, organizations }: Tables,
  kind: string | undefined,
): Map<string, Entry<unknown>> | undefined {
  if (kind === 'key') return keys;
  if (kind === 'application') return applications;
  if (kind === 'organization') return organizations;
  return kind === 'session' ? sessions : undefined;
}

function put<T>(table: Map<string, Entry<T>>, id: string, entry: Entry<T>): void {
  const known = table.get(id);
  if (!known || known.version <= entry.version) table.set(id, entry);
}
