import { asTenant, preparedQuery } from '@gateway/platform';
import type { DataSource, EntityManager } from 'typeorm';
import type { TenantApplication } from './deliveries.store';
import type { NoticeKind } from './domain/endpoint-health';

export type DisabledReason = 'by_owner' | 'gone' | 'asked_by_receiver' | 'failing';

/** An endpoint as it is stored; secrets and header values sealed. */
export interface EndpointRow {
  readonly id: string;
  readonly orgId: string;
  readonly appId: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly hubSignature: boolean;
  readonly isActive: boolean;
  readonly disabledReason: DisabledReason | null;
  readonly headersSealed: Buffer;
  readonly bearerSealed: Buffer;
  readonly signingSealed: Buffer;
  readonly signingPreviousSealed: Buffer | null;
  readonly signingPreviousUntil: Date | null;
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly isDeleted: boolean;
  /** How long the breaker stays open, milliseconds; 0 when it is not. */
  readonly breakerOpenForMs: number;
  readonly breakerOpens: number;
  readonly isFailing: boolean;
}

/** What was seen of one endpoint in a batch of attempts. */
export interface EndpointTally {
  readonly endpointId: string;
  readonly hasSuccess: boolean;
  readonly failures: number;
}

/** An endpoint that fails, by the database's clock. */
export interface FailingRow {
  readonly endpointId: string;
  readonly failures: number;
  readonly failingForMs: number;
  readonly spanMs: number;
  readonly stage: number;
}

export interface NewNotice {
  readonly id: string;
  readonly endpointId: string;
  readonly kind: NoticeKind;
}

const COLUMNS = `
  id, org_id as "orgId", app_id as "appId", url, events, hub_signature as "hubSignature", is_active as "isActive",
  disabled_reason as "disabledReason", headers_sealed as "headersSealed", bearer_sealed as "bearerSealed",
  signing_sealed as "signingSealed", signing_previous_sealed as "signingPreviousSealed",
  signing_previous_until as "signingPreviousUntil", revision, created_at as "createdAt", updated_at as "updatedAt",
  deleted_at is not null as "isDeleted", 
  coalesce(greatest(extract(epoch from breaker_open_until - now()) * 1000, 0), 0)::float8 as "breakerOpenForMs",
  breaker_opens as "breakerOpens", failing_since is not null as "isFailing"`;

/** What a change of an owner writes. */
const WRITTEN = `
  url = $2, events = $3, hub_signature = $4, is_active = $5, disabled_reason = $6, headers_sealed = $7,
  bearer_sealed = $8, signing_sealed = $9, signing_previous_sealed = $10, signing_previous_until = $11,
  updated_at = $12, changed_at = now(), revision = revision + 1`;

const written = (row: EndpointRow): unknown[] => [
  row.id,
  row.url,
  row.events,
  row.hubSignature,
  row.isActive,
  row.disabledReason,
  row.headersSealed,
  row.bearerSealed,
  row.signingSealed,
  row.signingPreviousSealed,
  row.signingPreviousUntil,
  row.updatedAt,
];

/** Where events go, one endpoint for each application, and how it fares. */
export class EndpointsStore {
  constructor(private readonly dataSource: DataSource) {}

  async load(ids: readonly string[]): Promise<EndpointRow[]> {
    if (ids.length === 0) return [];
    const { rows } = await preparedQuery<EndpointRow>(this.dataSource, {
      name: 'load_endpoints',
      text: `select ${COLUMNS} from endpoints where id = any($1::uuid[])`,
      values: [ids],
    });
    return rows;
  }

  /** What changed lately; the same again while it is recent, as commits do not come in order of their time. */
  async changedWithin(ageMs: number): Promise<EndpointRow[]> {
    const { rows } = await preparedQuery<EndpointRow>(this.dataSource, {
      name: 'changed_endpoints',
      text: `select ${COLUMNS} from endpoints where changed_at > now() - $1::bigint * interval '1 millisecond'`,
      values: [ageMs],
    });
    return rows;
  }

  async ofApplication({ orgId, appId }: TenantApplication): Promise<EndpointRow | null> {
    const rows = await asTenant(this.dataSource, { orgId, appId }, (manager) =>
      manager.query<EndpointRow[]>(
        `select ${COLUMNS} from endpoints where app_id = $1 and deleted_at is null`,
        [appId],
      ),
    );
    return rows[0] ?? null;
  }

  /** As `ofApplication`, and nobody else changes it before the transaction ends. */
  async lock(manager: EntityManager, appId: string): Promise<EndpointRow | null> {
    // Of two first calls for an application the second finds what the first made.
    await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 7))', [appId]);
    const rows: EndpointRow[] = await manager.query(
      `select ${COLUMNS} from endpoints where app_id = $1 and deleted_at is null for update`,
      [appId],
    );
    return rows[0] ?? null;
  }

  async insert(manager: EntityManager, row: EndpointRow): Promise<void> {
    await manager.query(
      `insert into endpoints (id, url, events, hub_signature, is_active, disabled_reason, headers_sealed,
         bearer_sealed, signing_sealed, signing_previous_sealed, signing_previous_until, updated_at, org_id, app_id,
         created_at, changed_at, revision)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, now(), 1)`,
      [...written(row), row.orgId, row.appId, row.createdAt],
    );
  }

  /** @param isEnabled it was made active by this: what it did before is forgotten */
  async update(manager: EntityManager, row: EndpointRow, isEnabled: boolean): Promise<void> {
    const fresh = `, breaker_open_until = null, breaker_opens = 0, failing_since = null, last_failed_at = null,
      failures = 0, notice_stage = 0`;
    await manager.query(
      `update endpoints set ${WRITTEN}${isEnabled ? fresh : ''} where id = $1`,
      written(row),
    );
  }

  /** The secrets go at once; the row stays until nothing waits for it. */
  async remove(manager: EntityManager, id: string): Promise<void> {
    await manager.query(
      `update endpoints set deleted_at = now(), changed_at = now(), revision = revision + 1, headers_sealed = '',
         bearer_sealed = '', signing_sealed = '', signing_previous_sealed = null, signing_previous_until = null
       where id = $1`,
      [id],
    );
  }

  /** Opens the breaker, twice as long each time, up to ten minutes; whoever finds it open leaves it. */
  async openBreaker(endpointId: string, openMs: number, openMsMax: number): Promise<boolean> {
    const { rowCount } = await preparedQuery(this.dataSource, {
      name: 'open_breaker',
      text: `
        update endpoints set changed_at = now(), breaker_opens = least(breaker_opens + 1, 100),
          breaker_open_until = now() + least($2::bigint * power(2, breaker_opens), $3::bigint) * interval '1 millisecond'
        where id = $1 and is_active and (breaker_open_until is null or breaker_open_until <= now())`,
      values: [endpointId, openMs, openMsMax],
    });
    return rowCount > 0;
  }

  /**
   * One success clears everything; else the failures add up.
   * @returns those that fail
   */
  async tally(tallies: readonly EndpointTally[]): Promise<FailingRow[]> {
    if (tallies.length === 0) return [];
    const { rows } = await preparedQuery<FailingRow & { isFailing: boolean }>(this.dataSource, {
      name: 'tally_endpoints',
      text: TALLY,
      values: [
        tallies.map(({ endpointId }) => endpointId),
        tallies.map(({ hasSuccess }) => hasSuccess),
        tallies.map(({ failures }) => failures),
      ],
    });
    return rows.filter(({ isFailing }) => isFailing);
  }

  /**
   * Writes the notice of a new stage, and ends the endpoint when the stage is its end.
   * @returns false when somebody else did, or it recovered meanwhile
   */
  async raise(
    notice: NewNotice,
    step: { readonly stage: number; readonly disabledReason: DisabledReason | null },
  ): Promise<boolean> {
    const { rowCount } = await preparedQuery(this.dataSource, {
      name: 'raise_notice',
      text: RAISE,
      values: [notice.endpointId, step.stage, step.disabledReason, notice.id, notice.kind],
    });
    return rowCount > 0;
  }

  /** For metrics. */
  async counts(): Promise<{ active: number; disabled: number; resting: number }> {
    const { rows } = await preparedQuery<{ active: number; disabled: number; resting: number }>(
      this.dataSource,
      {
        name: 'count_endpoints',
        text: `
          select (count(*) filter (where is_active))::integer as active,
            (count(*) filter (where not is_active))::integer as disabled,
            (count(*) filter (where breaker_open_until > now()))::integer as resting
          from endpoints where deleted_at is null`,
        values: [],
      },
    );
    return rows[0] ?? { active: 0, disabled: 0, resting: 0 };
  }

  /** Removes endpoints that were deleted and that nothing waits for. */
  async forgetDeleted(): Promise<void> {
    await preparedQuery(this.dataSource, {
      name: 'forget_endpoints',
      text: `
        delete from endpoints e where e.deleted_at < now() - interval '1 day'
          and not exists (select from jobs j where j.endpoint_id = e.id)`,
      values: [],
    });
  }
}

const TALLY = `
  with seen as (
    select * from unnest($1::uuid[], $2::boolean[], $3::integer[]) as t(id, has_success, failures) order by id
  ), locked as materialized (
    select e.id, e.failing_since, s.has_success, s.failures as seen_failures
    from seen s join endpoints e on e.id = s.id order by e.id for no key update of e
  )
  update endpoints e set
    failures = case when l.has_success then 0 else e.failures + l.seen_failures end,
    failing_since = case when l.has_success then null else coalesce(e.failing_since, now()) end,
    last_failed_at = case when l.has_success then null else now() end,
    notice_stage = case when l.has_success then 0 else e.notice_stage end,
    breaker_opens = case when l.has_success then 0 else e.breaker_opens end,
    breaker_open_until = case when l.has_success then null else e.breaker_open_until end,
    changed_at = case when l.has_success or e.failing_since is null then now() else e.changed_at end
  from locked l
  where e.id = l.id and (not l.has_success or e.failing_since is not null or e.breaker_opens > 0)
  returning e.id as "endpointId", e.failures, e.notice_stage as stage, e.failing_since is not null as "isFailing",
    coalesce(extract(epoch from now() - e.failing_since) * 1000, 0)::float8 as "failingForMs",
    coalesce(extract(epoch from e.last_failed_at - e.failing_since) * 1000, 0)::float8 as "spanMs"`;

const RAISE = `
  with raised as (
    update endpoints set notice_stage = $2::smallint, is_active = is_active and $3::text is null,
      disabled_reason = case when is_active then $3::text else disabled_reason end,
      changed_at = now(), updated_at = case when $3::text is null then updated_at else now() end,
      revision = revision + case when $3::text is null then 0 else 1 end
    where id = $1 and is_active and deleted_at is null and notice_stage < $2::smallint
      and (failing_since is not null or $3::text in ('gone', 'asked_by_receiver'))
    returning id, org_id, app_id, coalesce(failing_since, now()) as since
  )
  insert into notices (id, org_id, app_id, endpoint_id, kind, since, created_at)
  select $4::uuid, org_id, app_id, id, $5::text, since, now() from raised
  on conflict do nothing`;
