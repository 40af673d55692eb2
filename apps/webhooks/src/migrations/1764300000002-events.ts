import type { MigrationInterface, QueryRunner } from 'typeorm';

const HISTORY = `
  create table events (
    id uuid not null,
    at timestamptz not null,
    app_id uuid not null,
    org_id uuid not null,
    event text not null,
    order_key uuid not null,
    message_id uuid,
    payload bytea not null,
    primary key (id, at)
  ) partition by range (at);
  create index events_of_application on events (app_id, at, id);
  comment on column events.id is 'of application and Meta''s ids: the same whenever Meta sends the same again';
  comment on column events.order_key is 'what is sent one after the other: of the message at Meta';

  -- Ids of events whose own time is missing or strange, so that their partition does not keep them unique.
  create table seen_events (
    id uuid primary key,
    seen_at timestamptz not null
  );
  create index seen_events_by_age on seen_events (seen_at);

  create table deliveries (
    id uuid not null,
    at timestamptz not null,
    event_id uuid not null,
    endpoint_id uuid not null,
    app_id uuid not null,
    event text not null,
    state text not null check (state in
      ('pending', 'held', 'delivered', 'exhausted', 'parked', 'canceled')),
    created_at timestamptz not null,
    failures smallint not null default 0,
    primary key (id, at)
  ) partition by range (at);
  create index deliveries_of_application on deliveries (app_id, at desc, id desc);
  comment on column deliveries.id is 'of event and endpoint: there is one for each pair';

  create table attempts (
    delivery_id uuid not null,
    at timestamptz not null,
    number integer not null,
    started_at timestamptz not null,
    duration_ms integer,
    code text not null,
    status_code smallint,
    response_body text,
    response_encoding text,
    is_truncated boolean,
    primary key (delivery_id, number, at)
  ) partition by range (at);
  comment on column attempts.at is 'time of the event: an attempt goes with its delivery';`;

const SCHEDULE = `
  create table jobs (
    delivery_id uuid primary key,
    at timestamptz not null,
    event_id uuid not null,
    endpoint_id uuid not null,
    order_key uuid not null,
    seq bigint generated always as identity,
    lane smallint not null check (lane in (0, 1, 2, 9)),
    created_at timestamptz not null default now(),
    next_attempt_at timestamptz not null,
    failures smallint not null default 0,
    interruptions smallint not null default 0,
    attempts integer not null default 0,
    claim_id uuid,
    owner uuid,
    lease_until timestamptz,
    check ((claim_id is null) = (owner is null) and (claim_id is null) = (lease_until is null))
  ) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
  create index jobs_due on jobs (endpoint_id, lane, next_attempt_at, seq) where claim_id is null;
  create index jobs_claimed on jobs (lease_until) where claim_id is not null;
  create index jobs_of_message on jobs (endpoint_id, order_key);
  comment on column jobs.lane is '0: first attempt, 1: retry, 2: replay, 9: held';
  comment on column jobs.attempts is 'how often it was taken: the number of the attempt that runs';

  create table unmatched_events (
    id uuid not null,
    at timestamptz not null,
    waba_id text not null,
    phone_number_id text,
    payload bytea not null,
    stamp timestamptz not null,
    seq bigint generated always as identity,
    primary key (id, at)
  ) partition by range (at);
  create index unmatched_events_of_number on unmatched_events (waba_id, phone_number_id, seq);

  create table replays (
    id uuid primary key,
    endpoint_id uuid not null,
    app_id uuid not null,
    state text not null check (state in ('running', 'done', 'canceled')),
    from_at timestamptz not null,
    to_at timestamptz not null,
    with_delivered boolean not null,
    cursor_at timestamptz not null,
    cursor_id uuid not null,
    total integer not null,
    done integer not null default 0,
    created_at timestamptz not null
  );
  create unique index replays_running on replays (endpoint_id) where state = 'running';
`;

/**
 * Everything by time is partitioned by week of a time that is inside the event, so that ids stay unique over all
 * partitions and a week is removed by dropping it. What is not delivered yet stands in one narrow table of its own,
 * `jobs`, which is the schedule.
 */
export class Events1764300000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(HISTORY);
    await runner.query(SCHEDULE);
    await runner.query(ENSURE_PARTITIONS);
    await runner.query(DROP_PARTITIONS);
    await runner.query('select ensure_partitions()');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function drop_partitions;
      drop function ensure_partitions;
      drop table replays, unmatched_events, jobs, attempts, deliveries, seen_events, events`);
  }
}

/** Any number; nothing else of this schema locks on it. */
const PARTITIONS_LOCK = 7_305_430_001;

/** The service's role has no DDL: it calls these two, which run as the schema's owner. */
const DEFINER = 'security definer set search_path = webhooks, pg_temp set lock_timeout = 3000';

/** Weeks of UTC, from four before now to eight after: what Kafka still has may be that old. */
const ENSURE_PARTITIONS = `
  create function ensure_partitions() returns void language plpgsql ${DEFINER} as $$
  declare
    monday timestamp;
    parent text;
    part text;
  begin
    perform pg_advisory_xact_lock(${PARTITIONS_LOCK});
    for monday in select generate_series(
      date_trunc('week', now() at time zone 'UTC') - interval '4 weeks',
      date_trunc('week', now() at time zone 'UTC') + interval '8 weeks', interval '1 week')
    loop
      foreach parent in array array['events', 'deliveries', 'attempts', 'unmatched_events'] loop
        part := parent || '_' || to_char(monday, 'YYYYMMDD');
        if to_regclass(part) is null then
          execute format('create table %I partition of %I for values from (%L) to (%L) with (fillfactor = %s)',
            part, parent, monday at time zone 'UTC', (monday + interval '1 week') at time zone 'UTC',
            case parent when 'deliveries' then 70 else 100 end);
        end if;
      end loop;
    end loop;
  end $$`;

/**
 * Drops the weeks that end before a time, each with its payloads, deliveries and attempts. A week stays while something
 * of it is still to be delivered or being replayed; what is held has been kept for its time. The floor keeps a wrong
 * clock or setting from taking what Meta may still send again.
 */
const DROP_PARTITIONS = `
  create function drop_partitions(p_before timestamptz)
  returns table (week text, held integer) language plpgsql ${DEFINER} as $$
  declare
    before timestamptz := least(p_before, now() - interval '30 days');
    monday timestamptz;
  begin
    perform pg_advisory_xact_lock(${PARTITIONS_LOCK});
    for week in
      select substring(c.relname from 8) from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'events'::regclass order by 1
    loop
      monday := (to_date(week, 'YYYYMMDD')::timestamp) at time zone 'UTC';
      exit when monday + interval '1 week' > before;
      execute format('lock table %I, %I in access exclusive mode', 'events_' || week, 'deliveries_' || week);
      continue when exists (
        select from jobs where at >= monday and at < monday + interval '1 week' and lane <> 9);
      continue when exists (
        select from replays where state = 'running' and from_at < monday + interval '1 week' and to_at > monday);
      delete from jobs where at >= monday and at < monday + interval '1 week' and lane = 9;
      get diagnostics held = row_count;
      execute format('drop table %I, %I, %I, %I', 'events_' || week, 'deliveries_' || week,
        'attempts_' || week, 'unmatched_events_' || week);
      return next;
    end loop;
  end $$`;
