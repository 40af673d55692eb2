import { preparedQuery } from '@gateway/platform';
import type { DataSource } from 'typeorm';
import type { Job, Lane } from './domain/job';

/** Who takes, under which claim, and for how long. */
export interface Claim {
  readonly owner: string;
  readonly claimId: string;
  readonly leaseMs: number;
}

export interface ClaimBounds {
  /** Room of each endpoint that is known here. */
  readonly rooms: ReadonlyMap<string, number>;
  readonly roomDefault: number;
  readonly countMax: number;
  readonly bytesMax: number;
  /** Whether one that was interrupted more than once may be among them. */
  readonly maySuspect: boolean;
}

/** A delivery as it was taken; how old it is, by the database's clock. */
export type ClaimedJob = Omit<Job, 'claimId' | 'takenAtMs' | 'bornAtMs'> & {
  readonly ageMs: number;
};

/** One attempt that ended, and what follows from it. */
export interface AttemptResult {
  readonly deliveryId: string;
  readonly claimId: string;
  readonly eventAtMs: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly code: string;
  readonly statusCode: number | null;
  readonly response: {
    readonly body: string;
    readonly encoding: string;
    readonly isTruncated: boolean;
  } | null;
  readonly state: 'delivered' | 'pending' | 'exhausted';
  readonly delayMs: number;
}

/** A worker that dies this often with a delivery in its hands is killed by it. */
const INTERRUPTIONS_MAX = 5;

interface ClaimedRow {
  deliveryId: string;
  at: Date;
  endpointId: string;
  orgId: string;
  eventId: string;
  messageId: string | null;
  orderKey: string;
  revision: number;
  lane: number;
  failures: number;
  attempt: number;
  interruptions: number;
  payload: Buffer;
  ageMs: number;
}

/** Interrupted more often than by chance. */
const SUSPECT_INTERRUPTIONS = 2;

/** The schedule: what is not delivered yet. Leases and due times are by the database's clock alone. */
export class JobsStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Takes what is due, round and round over the endpoints; see the migration. */
  async claim(claim: Claim, bounds: ClaimBounds): Promise<ClaimedJob[]> {
    const { rows } = await preparedQuery<ClaimedRow>(this.dataSource, {
      name: 'claim_jobs',
      text: 'select * from webhooks.claim_jobs($1, $2, $3, $4, $5, $6, $7, $8, $9)',
      values: [
        claim.owner,
        claim.claimId,
        claim.leaseMs,
        [...bounds.rooms.keys()],
        [...bounds.rooms.values()],
        bounds.roomDefault,
        bounds.countMax,
        bounds.bytesMax,
        bounds.maySuspect,
      ],
    });
    return rows.map(({ at, lane, interruptions, ...row }) => ({
      ...row,
      eventAtMs: at.getTime(),
      lane: lane as Lane,
      isSuspect: interruptions >= SUSPECT_INTERRUPTIONS,
    }));
  }

  /**
   * Records attempts and what follows, in one statement for all: an attempt without its state, or the other way round,
   * is impossible. What was taken over by somebody else meanwhile is refused by its claim. The commit is not awaited on
   * disk: what a crash of the server forgets is sent again.
   *
   * @returns the ids that were recorded
   */
  async finish(results: readonly AttemptResult[]): Promise<ReadonlySet<string>> {
    if (results.length === 0) return new Set();
    const { rows } = await preparedQuery<{ id: string }>(this.dataSource, {
      name: 'finish_jobs',
      text: 'select webhooks.finish_jobs($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as id',
      values: [
        results.map(({ deliveryId }) => deliveryId),
        results.map(({ claimId }) => claimId),
        results.map(({ eventAtMs }) => new Date(eventAtMs)),
        results.map(({ startedAtMs }) => new Date(startedAtMs)),
        results.map(({ durationMs }) => Math.round(durationMs)),
        results.map(({ code }) => code),
        results.map(({ statusCode }) => statusCode),
        results.map(({ response }) => response?.body ?? null),
        results.map(({ response }) => response?.encoding ?? null),
        results.map(({ response }) => response?.isTruncated ?? null),
        results.map(({ state }) => state),
        results.map(({ delayMs }) => Math.round(delayMs)),
      ],
    });
    return new Set(rows.map(({ id }) => id));
  }

  /** Gives back what was taken and not sent: no attempt is spent, and somebody else may take it at once. */
  async release(jobs: readonly Pick<Job, 'deliveryId' | 'claimId'>[], delayMs = 0): Promise<void> {
    if (jobs.length === 0) return;
    await preparedQuery(this.dataSource, {
      name: 'release_jobs',
      text: `
        update jobs j set claim_id = null, owner = null, lease_until = null, attempts = j.attempts - 1,
          next_attempt_at = greatest(j.next_attempt_at, now() + $3::bigint * interval '1 millisecond')
        from unnest($1::uuid[], $2::uuid[]) as r(delivery_id, claim_id)
        where j.delivery_id = r.delivery_id and j.claim_id = r.claim_id`,
      values: [
        jobs.map(({ deliveryId }) => deliveryId),
        jobs.map(({ claimId }) => claimId),
        delayMs,
      ],
    });
  }

  /** Ends claims whose lease is over: sent again at once, or parked when it happened too often. */
  async expire(countMax: number): Promise<{ interrupted: number; parked: number }> {
    const { rows } = await preparedQuery<{ interrupted: number; parked: number }>(this.dataSource, {
      name: 'expire_jobs',
      text: EXPIRE,
      values: [countMax, INTERRUPTIONS_MAX],
    });
    return rows[0] ?? { interrupted: 0, parked: 0 };
  }

  /**
   * What waits for an endpoint that is not active is held; what waits for one that is gone is canceled.
   *
   * @returns how many; fewer than `countMax` means all
   */
  async settleOrphans(countMax: number): Promise<number> {
    const { rowCount } = await preparedQuery(this.dataSource, {
      name: 'settle_orphans',
      text: SETTLE_ORPHANS,
      values: [countMax],
    });
    return rowCount;
  }

  /** For metrics. */
  async counts(): Promise<{ pending: number; held: number; oldestDueAgeMs: number }> {
    const { rows } = await preparedQuery<{ pending: number; held: number; oldestDueAgeMs: number }>(
      this.dataSource,
      { name: 'count_jobs', text: COUNT, values: [] },
    );
    return rows[0] ?? { pending: 0, held: 0, oldestDueAgeMs: 0 };
  }
}

const EXPIRE = `
  with over as materialized (
    select j.* from jobs j where j.claim_id is not null and j.lease_until < now()
    order by j.lease_until limit $1 for update skip locked
  ), logged as (
    insert into attempts (delivery_id, at, number, started_at, code)
    select delivery_id, at, attempts, now(), 'interrupted' from over on conflict do nothing
  ), parked as (
    delete from jobs j using over o where j.delivery_id = o.delivery_id and o.interruptions + 1 >= $2::integer
    returning j.delivery_id, j.at
  ), again as (
    update jobs j set claim_id = null, owner = null, lease_until = null,
      interruptions = j.interruptions + 1, next_attempt_at = now()
    from over o where j.delivery_id = o.delivery_id and o.interruptions + 1 < $2::integer
  ), marked as (
    update deliveries d set state = 'parked' from parked p where d.id = p.delivery_id and d.at = p.at
  )
  select (select count(*)::integer from over) as interrupted, (select count(*)::integer from parked) as parked`;

const SETTLE_ORPHANS = `
  with orphans as materialized (
    select j.delivery_id, j.at, e.deleted_at is not null as is_gone
    from endpoints e join jobs j on j.endpoint_id = e.id
    where (not e.is_active or e.deleted_at is not null) and j.claim_id is null
      and (e.deleted_at is not null or j.lane <> 9)
    limit $1 for update of j skip locked
  ), gone as (
    delete from jobs j using orphans o where j.delivery_id = o.delivery_id and o.is_gone
  ), held as (
    update jobs j set lane = 9 from orphans o where j.delivery_id = o.delivery_id and not o.is_gone
  )
  update deliveries d set state = case when o.is_gone then 'canceled' else 'held' end
  from orphans o where d.id = o.delivery_id and d.at = o.at`;

const COUNT = `
  select (count(*) filter (where lane <> 9))::integer as pending,
    (count(*) filter (where lane = 9))::integer as held,
    coalesce(extract(epoch from now() - min(next_attempt_at) filter (where lane <> 9 and next_attempt_at < now())) * 1000, 0)::float8
      as "oldestDueAgeMs"
  from jobs`;
