import type { ApplicationContext, CustomerEvent, DeliveryState } from '@gateway/contracts';
import { asTenant } from '@gateway/platform';
import type { DataSource, EntityManager } from 'typeorm';
import type { DeliveriesPage } from './domain/requests';
import type { Claim } from './jobs.store';

/** An application that its organization asks for. */
export type TenantApplication = Pick<ApplicationContext, 'orgId' | 'appId'>;

export interface DeliveryRow {
  readonly id: string;
  readonly at: Date;
  readonly eventId: string;
  readonly event: CustomerEvent;
  readonly state: DeliveryState;
  readonly messageId: string | null;
  readonly createdAt: Date;
  readonly nextAttemptAt: Date | null;
}

export interface AttemptRow {
  readonly deliveryId: string;
  readonly number: number;
  readonly startedAt: Date;
  readonly durationMs: number | null;
  readonly code: string;
  readonly statusCode: number | null;
  readonly body: string | null;
  readonly encoding: 'utf8' | 'base64' | null;
  readonly isTruncated: boolean | null;
}

/** A delivery that is to be sent again, with what that takes. */
export interface ResendableRow extends DeliveryRow {
  readonly endpointId: string;
  readonly isActive: boolean;
  readonly revision: number;
  readonly orderKey: string;
  readonly failures: number;
  readonly payload: Buffer;
  /** Whether somebody has it in hand now. */
  readonly isInFlight: boolean;
}

interface DeliveriesList {
  readonly rows: readonly DeliveryRow[];
  readonly attempts: readonly AttemptRow[];
  readonly totalCount: number;
}

/** The newest attempts of a delivery that are shown. */
const ATTEMPTS_SHOWN_MAX = 50;

const COLUMNS = `
  d.id, d.at, d.event_id as "eventId", d.event, d.state, d.created_at as "createdAt", e.message_id as "messageId",
  case when j.claim_id is null and j.lane <> 9 then j.next_attempt_at end as "nextAttemptAt"`;
const JOINED = `
  left join jobs j on j.delivery_id = d.id
  left join events e on e.id = d.event_id and e.at = d.at`;
const FILTER = `
  d.app_id = $1 and ($2::text is null or d.state = $2) and ($3::text is null or d.event = $3)
  and d.at >= coalesce($4::timestamptz, '-infinity') and d.at < coalesce($5::timestamptz, 'infinity')`;

/** Deliveries as their owner sees them. */
export class DeliveriesStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first, with their attempts; `totalCount` is right on a page beyond the end, too. */
  async list(
    { orgId, appId }: TenantApplication,
    { state, event, from, to, limit, offset }: DeliveriesPage,
  ): Promise<DeliveriesList> {
    const filter = [appId, state, event, from, to];
    return asTenant(this.dataSource, { orgId, appId }, async (manager) => {
      const rows = await manager.query<DeliveryRow[]>(
        `select ${COLUMNS} from (
           select * from deliveries d where ${FILTER} order by d.at desc, d.id desc limit $6 offset $7
         ) d ${JOINED} order by d.at desc, d.id desc`,
        [...filter, limit, offset],
      );
      const [count] = await manager.query<{ count: number }[]>(
        `select count(*)::integer as count from deliveries d where ${FILTER}`,
        filter,
      );
      const attempts = await this.attemptsOf(manager, rows);
      return { rows, attempts, totalCount: count?.count ?? 0 };
    });
  }

  async attemptsOf(
    manager: EntityManager,
    deliveries: readonly Pick<DeliveryRow, 'id' | 'at'>[],
  ): Promise<AttemptRow[]> {
    if (deliveries.length === 0) return [];
    return manager.query(
      `select a.* from unnest($1::uuid[], $2::timestamptz[]) as d(id, at)
       cross join lateral (
         select delivery_id as "deliveryId", number, started_at as "startedAt", duration_ms as "durationMs", code,
           status_code as "statusCode", response_body as body, response_encoding as encoding, is_truncated as "isTruncated"
         from attempts where delivery_id = d.id and at = d.at order by number desc limit ${ATTEMPTS_SHOWN_MAX}
       ) a order by a."deliveryId", a.number`,
      [deliveries.map(({ id }) => id), deliveries.map(({ at }) => at)],
    );
  }

  /** A delivery of an endpoint that is still there; nobody else changes it before the transaction ends. */
  async lock(manager: EntityManager, appId: string, id: string): Promise<ResendableRow | null> {
    const [delivery]: { at: Date }[] = await manager.query(
      'select at from deliveries where id = $1 and app_id = $2 for update',
      [id, appId],
    );
    if (!delivery) return null;
    await manager.query('select from jobs where delivery_id = $1 for update', [id]);
    const rows: ResendableRow[] = await manager.query(
      `select ${COLUMNS}, d.endpoint_id as "endpointId", ep.is_active as "isActive", ep.revision,
         e.order_key as "orderKey", d.failures, e.payload, coalesce(j.claim_id is not null, false) as "isInFlight"
       from deliveries d ${JOINED} join endpoints ep on ep.id = d.endpoint_id and ep.deleted_at is null
       where d.id = $1 and d.at = $2 and e.id is not null`,
      [id, delivery.at],
    );
    return rows[0] ?? null;
  }

  /**
   * Takes a delivery for a new attempt, in place of the retry that it waited for.
   * @returns the number of the attempt
   */
  async takeForResend(
    manager: EntityManager,
    { id, at, eventId, endpointId, orderKey, failures }: ResendableRow,
    claim: Claim,
  ): Promise<number> {
    const [job]: { attempts: number }[] = await manager.query(
      `insert into jobs as j (delivery_id, at, event_id, endpoint_id, order_key, lane, next_attempt_at, failures, attempts,
         claim_id, owner, lease_until)
       select $1, $2, $3, $4, $5, 0, now(), $6, 1 + coalesce(max(number), 0), $7, $8, now() + $9::integer * interval '1 millisecond'
       from attempts where delivery_id = $1 and at = $2
       on conflict (delivery_id) do update set lane = 0, next_attempt_at = now(), attempts = j.attempts + 1,
         claim_id = excluded.claim_id, owner = excluded.owner, lease_until = excluded.lease_until
       returning attempts`,
      [id, at, eventId, endpointId, orderKey, failures, claim.claimId, claim.owner, claim.leaseMs],
    );
    await manager.query(`update deliveries set state = 'pending' where id = $1 and at = $2`, [
      id,
      at,
    ]);
    return job?.attempts ?? 1;
  }
}
