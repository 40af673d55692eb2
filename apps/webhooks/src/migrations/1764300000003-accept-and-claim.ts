import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What decides who sends what, and what came of it, as functions: the lock is taken before the statement that reads, so
 * that it sees what was committed before it. Accepts share the lock, claims exclude each other and them: of two
 * instances never both take deliveries of one message.
 *
 * Plans are kept for the life of a connection and would be made while the tables are empty; see the other settings.
 * A later version of either gets a name of its own, so that the release before it goes on working.
 */
const PLANNER = `
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan set jit = off`;

const CLAIM_LOCK = 7_305_430_002;

/**
 * What may not be sent now, of a delivery `j` for the instance `p_owner`: another instance sends one of the same
 * message, or an earlier one of it was never tried.
 */
const isOutOfTurn = (job: { endpoint: string; orderKey: string; seq: string }): string => `
  exists (select from jobs o
    where o.endpoint_id = ${job.endpoint} and o.order_key = ${job.orderKey}
      and ((o.claim_id is not null and o.owner <> p_owner)
        or (o.claim_id is null and o.attempts = 0 and o.lane <> 9 and o.seq < ${job.seq})))`;

/**
 * Of what came, the messages of events that were there: whoever took those may have committed after this statement
 * began, so that what he made of them is not seen.
 */
const KNOWN = `
  select i.order_key from incoming i where (select count(*) from fresh) < cardinality(p_ids)
    and not exists (select from fresh f where f.id = i.id)`;

/** @param counting a further part of the statement, which sees the new events as `fresh` */
export const acceptEvents = (counting = ''): string => `
  create or replace function accept_events(
    -- one element for each event and application, in order of arrival, no id twice
    p_ids uuid[], p_at timestamptz[], p_apps uuid[], p_orgs uuid[], p_events text[], p_order_keys uuid[],
    p_message_ids uuid[],
    -- whether the partition keeps the id unique, or seen_events must
    p_is_strange boolean[],
    -- whether the caller has room to send it at once
    p_claims boolean[],
    -- all payloads one behind the other, and their lengths
    p_payloads bytea, p_lengths integer[],
    p_owner uuid, p_claim uuid, p_lease_ms integer
  ) returns table (
    "position" integer, "deliveryId" uuid, "endpointId" uuid, revision integer, "isClaimed" boolean,
    "isHeld" boolean
  ) language plpgsql ${PLANNER} as $$
  begin
    perform pg_advisory_xact_lock_shared(${CLAIM_LOCK});
    return query
    with incoming as materialized (
      select i.*, (1 + coalesce(sum(i.bytes) over (order by i.n rows between unbounded preceding and 1 preceding), 0))::integer as start
      from unnest(p_ids, p_at, p_apps, p_orgs, p_events, p_order_keys, p_message_ids, p_is_strange, p_claims, p_lengths)
        with ordinality as i(id, at, app_id, org_id, event, order_key, message_id, is_strange, may_claim, bytes, n)
    ), seen as (
      insert into seen_events as s (id, seen_at) select i.id, now() from incoming i where i.is_strange order by i.id
      on conflict do nothing returning s.id
    ), fresh as (
      insert into events as e (id, at, app_id, org_id, event, order_key, message_id, payload)
      select i.id, i.at, i.app_id, i.org_id, i.event, i.order_key, i.message_id, substring(p_payloads from i.start for i.bytes)
      from incoming i
      where case when i.is_strange then exists (select from seen where seen.id = i.id)
        else not exists (select from seen_events s where s.id = i.id) end
      order by i.n
      on conflict do nothing returning e.id, e.at, e.app_id, e.org_id, e.event, e.order_key
    )${counting}, known as materialized (${KNOWN}), matched as materialized (
      -- Each new event with its endpoint, if there is one that wants it.
      select f.*, array_position(p_ids, f.id) as n, md5(f.id::text || ep.id::text)::uuid as delivery_id, ep.id as endpoint_id,
        ep.revision, ep.is_active,
        p_claims[array_position(p_ids, f.id)] and ep.is_active and ep.breaker_opens = 0
          and not ${isOutOfTurn({ endpoint: 'ep.id', orderKey: 'f.order_key', seq: '9223372036854775807' })}
          and not exists (select from known k where k.order_key = f.order_key) as is_claimed
      from fresh f
      left join endpoints ep on ep.app_id = f.app_id and ep.deleted_at is null and f.event = any(ep.events)
    ), made as (
      insert into deliveries as d (id, at, event_id, endpoint_id, app_id, event, state, created_at)
      select m.delivery_id, m.at, m.id, m.endpoint_id, m.app_id, m.event,
        case when m.is_active then 'pending' else 'held' end, now()
      from matched m where m.endpoint_id is not null order by m.n
    ), queued as (
      insert into jobs as j (delivery_id, at, event_id, endpoint_id, order_key, lane, next_attempt_at, attempts,
        claim_id, owner, lease_until)
      select m.delivery_id, m.at, m.id, m.endpoint_id, m.order_key, case when m.is_active then 0 else 9 end, now(),
        case when m.is_claimed then 1 else 0 end,
        case when m.is_claimed then p_claim end, case when m.is_claimed then p_owner end,
        case when m.is_claimed then now() + p_lease_ms * interval '1 millisecond' end
      from matched m where m.endpoint_id is not null order by m.n
    )
    select m.n, m.delivery_id, m.endpoint_id, m.revision, m.is_claimed, not m.is_active from matched m order by m.n;
  end $$`;

const CLAIM_JOBS = `
  create function claim_jobs(
    p_owner uuid, p_claim uuid, p_lease_ms integer,
    -- room of the endpoints that the caller knows, and of any other
    p_endpoints uuid[], p_rooms integer[], p_room_default integer,
    -- deliveries and bytes in all
    p_count_max integer, p_bytes_max bigint,
    -- whether one that was interrupted more than once may be among them
    p_may_suspect boolean
  ) returns table (
    "deliveryId" uuid, at timestamptz, "endpointId" uuid, "orgId" uuid, "eventId" uuid, "messageId" uuid,
    "orderKey" uuid, revision integer, lane smallint, failures smallint, attempt integer,
    interruptions smallint, payload bytea, "ageMs" double precision
  ) language plpgsql ${PLANNER} as $$
  begin
    perform pg_advisory_xact_lock(${CLAIM_LOCK});
    return query
    with recursive waiting(id) as (
      (select j.endpoint_id from jobs j where j.claim_id is null order by j.endpoint_id limit 1)
      union all
      select (select j.endpoint_id from jobs j where j.claim_id is null and j.endpoint_id > w.id
              order by j.endpoint_id limit 1)
      from waiting w where w.id is not null
    ), open as materialized (
      select ep.id, ep.revision, ep.org_id,
        case when ep.breaker_opens > 0 then 1 else coalesce(r.room, p_room_default) end as room
      from waiting w join endpoints ep on ep.id = w.id
      left join unnest(p_endpoints, p_rooms) as r(id, room) on r.id = ep.id
      where ep.is_active and ep.deleted_at is null and coalesce(r.room, p_room_default) > 0
        and (ep.breaker_open_until is null or ep.breaker_open_until <= now())
        -- Half open: one probe at a time.
        and (ep.breaker_opens = 0
          or not exists (select from jobs o where o.endpoint_id = ep.id and o.claim_id is not null))
    ), due as materialized (
      -- Round and round over the endpoints: the first of each, then the second of each.
      select o.id as endpoint_id, o.revision, o.org_id, j.delivery_id, j.at, j.event_id, j.lane, j.interruptions > 1 as is_suspect,
        row_number() over (partition by o.id order by j.lane, j.next_attempt_at, j.seq) as turn
      from open o
      cross join lateral (
        select c.* from (values (0::smallint), (1::smallint), (2::smallint)) as l(lane)
        cross join lateral (
          select w.* from jobs w
          where w.endpoint_id = o.id and w.claim_id is null and w.lane = l.lane and w.next_attempt_at <= now()
            and (w.interruptions < 2 or p_may_suspect)
            and not ${isOutOfTurn({ endpoint: 'w.endpoint_id', orderKey: 'w.order_key', seq: 'w.seq' })}
          order by w.next_attempt_at, w.seq limit o.room
        ) c
        order by c.lane, c.next_attempt_at, c.seq limit o.room
      ) j
    ), measured as (
      select d.*, sum(octet_length(e.payload)) over (order by d.turn, d.lane, d.delivery_id) as bytes,
        row_number() over (order by d.turn, d.lane, d.delivery_id) as place,
        row_number() over (partition by d.is_suspect order by d.turn, d.lane, d.delivery_id) as place_of_kind
      from due d join events e on e.id = d.event_id and e.at = d.at
    ), claimed as (
      update jobs j set claim_id = p_claim, owner = p_owner, attempts = j.attempts + 1,
        lease_until = now() + p_lease_ms * interval '1 millisecond'
      from measured m
      where j.delivery_id = m.delivery_id and j.claim_id is null and m.place <= p_count_max
        and (m.bytes <= p_bytes_max or m.place = 1) and (not m.is_suspect or m.place_of_kind = 1)
      returning j.*, m.revision, m.org_id
    )
    select c.delivery_id, c.at, c.endpoint_id, c.org_id, c.event_id, e.message_id, c.order_key, c.revision, c.lane,
      c.failures, c.attempts, c.interruptions, e.payload,
      extract(epoch from now() - c.created_at)::double precision * 1000
    from claimed c join events e on e.id = c.event_id and e.at = c.at
    order by c.lane, c.next_attempt_at, c.seq;
  end $$`;

const FINISH_JOBS = `
  create function finish_jobs(
    -- one element for each attempt that ended
    p_deliveries uuid[], p_claims uuid[], p_at timestamptz[], p_started_at timestamptz[], p_durations_ms integer[],
    p_codes text[], p_status_codes smallint[], p_bodies text[], p_encodings text[], p_is_truncated boolean[],
    -- delivered, exhausted, or pending for so long
    p_states text[], p_delays_ms bigint[]
  ) returns setof uuid language plpgsql ${PLANNER} as $$
  begin
    -- What a crash of the server forgets is sent again.
    perform set_config('synchronous_commit', 'off', true);
    return query
    with result as materialized (
      select distinct on (r.delivery_id) r.* from unnest(p_deliveries, p_claims, p_at, p_started_at, p_durations_ms, p_codes,
        p_status_codes, p_bodies, p_encodings, p_is_truncated, p_states, p_delays_ms)
        as r(delivery_id, claim_id, at, started_at, duration_ms, code, status_code, body, encoding, is_truncated, state, delay_ms)
      order by r.delivery_id
    ), mine as materialized (
      select r.*, j.attempts as number, j.failures from result r
      join jobs j on j.delivery_id = r.delivery_id and j.claim_id = r.claim_id
      for update of j
    ), logged as (
      insert into attempts (delivery_id, at, number, started_at, duration_ms, code, status_code, response_body,
        response_encoding, is_truncated)
      select m.delivery_id, m.at, m.number, m.started_at, m.duration_ms, m.code, m.status_code, m.body, m.encoding,
        m.is_truncated
      from mine m on conflict do nothing
    ), finished as (
      delete from jobs j using mine m where j.delivery_id = m.delivery_id and m.state <> 'pending'
    ), again as (
      update jobs j set claim_id = null, owner = null, lease_until = null, interruptions = 0,
        failures = j.failures + 1, lane = greatest(j.lane, 1::smallint),
        next_attempt_at = now() + m.delay_ms * interval '1 millisecond'
      from mine m where j.delivery_id = m.delivery_id and m.state = 'pending'
    ), marked as (
      update deliveries d set state = m.state,
        failures = case when m.state = 'delivered' then m.failures else m.failures + 1 end
      from mine m where d.id = m.delivery_id and d.at = m.at
    )
    select m.delivery_id from mine m;
  end $$`;

/** Taking events in and taking deliveries out, a batch with each statement. */
export class AcceptAndClaim1764300000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(acceptEvents());
    await runner.query(CLAIM_JOBS);
    await runner.query(FINISH_JOBS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function finish_jobs');
    await runner.query('drop function claim_jobs');
    await runner.query('drop function accept_events');
  }
}
