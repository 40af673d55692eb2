import { Socket } from 'node:net';
import { Client } from 'pg';
import { OUTBOX_CHANNEL, type ChangedEntity } from './outbox.store';

/** A change under the version with which its record is sent. */
export interface VersionedChange extends ChangedEntity {
  readonly version: number;
}

interface SessionOptions {
  readonly url: string;
  readonly schema: string;
  /** A session that says nothing for so long has lost its process: PostgreSQL ends it and frees the lock. */
  readonly idleTimeoutMs: number;
}

/** Any number that nothing else in this database locks on. */
const LEADER_LOCK = 5_108_226_391;
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 5_000;

/**
 * The relay's own connection. The lock that makes one relay of all instances the leader lives and dies with it, and
 * every statement of the leader runs on it: whoever lost the lock can no longer give a version or remove a row.
 */
export class OutboxSession {
  private readonly client: Client;
  private readonly socket = new Socket();
  private wake: (() => void) | undefined;
  private hasWork = false;

  private constructor({ url, schema, idleTimeoutMs }: SessionOptions) {
    this.client = new Client({
      connectionString: url,
      application_name: 'auth-relay',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS + 1_000,
      keepAlive: true,
      options: `-c search_path=${schema} -c idle_session_timeout=${idleTimeoutMs}`,
      stream: () => this.socket,
    });
    const wake = (): void => {
      this.hasWork = true;
      this.wake?.();
    };
    this.client.on('notification', wake);
    // The next statement says what is wrong.
    this.client.on('error', wake);
  }

  static async open(options: SessionOptions): Promise<OutboxSession> {
    const session = new OutboxSession(options);
    try {
      await session.client.connect();
      await session.client.query(`listen ${OUTBOX_CHANNEL}`);
    } catch (error) {
      session.socket.destroy();
      throw error;
    }
    return session;
  }

  async tryLead(): Promise<boolean> {
    const { rows } = await this.client.query<{ leads: boolean }>(
      'select pg_try_advisory_lock($1) as leads',
      [LEADER_LOCK],
    );
    return rows[0]?.leads === true;
  }

  /** What has a version and was not acknowledged: a leader before, or a request that failed, may have sent it. */
  async unsent(): Promise<{ version: number; unsent: VersionedChange[] }> {
    const { rows: publication } = await this.client.query<{ version: string }>(
      'select version from tenancy_publication',
    );
    const { rows } = await this.client.query<VersionedRow>(
      `select version, kind, entity_id as id from tenancy_outbox
       where version is not null order by version`,
    );
    return { version: Number(publication[0]?.version ?? 0), unsent: rows.map(versioned) };
  }

  /**
   * Queues what may be in a request that is still on its way, to be sent once more after `delayMs` under new versions:
   * such a request may arrive behind ours, and then compaction would keep its older state.
   */
  async queueEchoes(delayMs: number): Promise<void> {
    await this.client.query(
      `insert into tenancy_outbox (kind, entity_id, due_at, is_echo)
       select distinct kind, entity_id, clock_timestamp() + $1 * interval '1 millisecond', true
       from tenancy_outbox where version is not null
       on conflict (kind, entity_id) where is_echo and version is null
       do update set due_at = excluded.due_at`,
      [delayMs],
    );
  }

  /** Everything once more: for a broker that forgets, and for a topic that was lost. */
  async queueWholeState(): Promise<void> {
    await this.client.query(
      `insert into tenancy_outbox (kind, entity_id)
       select 'application', id::text from applications
       union all
       select 'key', key_hash from api_keys
       union all
       select distinct 'organization', organization_id::text from allowed_origins
       union all
       select 'session', id::text from sessions where published_until > clock_timestamp()`,
    );
  }

  /** Sessions of which no token can be in force any more, although the topic still names them. */
  async forgettableSessions(limit: number): Promise<string[]> {
    const { rows } = await this.client.query<{ id: string }>(
      `select id from sessions where published_until <= clock_timestamp()
       order by published_until limit $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  /** The topic no longer names them. */
  async sessionsForgotten(ids: readonly string[]): Promise<void> {
    await this.client.query(
      `update sessions set published_until = null
       where id = any($1::uuid[]) and published_until <= clock_timestamp()`,
      [ids],
    );
  }

  /**
   * Gives the next versions, without a gap, to what is due; oldest first.
   * @returns as many changes as were due, at most `limit`
   */
  async giveVersions(limit: number): Promise<VersionedChange[]> {
    const { rows } = await this.client.query<VersionedRow>(
      `with due as (
         select id, row_number() over (order by id) as place from tenancy_outbox
         where version is null and due_at <= clock_timestamp() order by id limit $1
       ), publication as (
         update tenancy_publication set version = version + (select count(*) from due)
         where exists (select from due) returning version - (select count(*) from due) as base
       ), given as (
         update tenancy_outbox as outbox set version = publication.base + due.place
         from due, publication where outbox.id = due.id
         returning outbox.version, outbox.kind, outbox.entity_id as id
       )
       select version, kind, id from given order by version`,
      [limit],
    );
    return rows.map(versioned);
  }

  /** Forgets what the broker has acknowledged. */
  async removeUpTo(version: number): Promise<void> {
    await this.client.query('delete from tenancy_outbox where version <= $1', [version]);
  }

  /** Resolves at the next change, when the connection is lost, or after `timeoutMs`. */
  async work(timeoutMs: number): Promise<void> {
    if (!this.hasWork) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
    }
    this.hasWork = false;
  }

  /** Ends a wait in `work`. */
  interrupt(): void {
    this.hasWork = true;
    this.wake?.();
  }

  /** Ends the session at once, and with it the lock. */
  close(): void {
    this.socket.destroy();
  }
}

interface VersionedRow {
  /** PostgreSQL's bigint. */
  readonly version: string;
  readonly kind: ChangedEntity['kind'];
  readonly id: string;
}

const versioned = ({ version, kind, id }: VersionedRow): VersionedChange => ({
  version: Number(version),
  kind,
  id,
});
