import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The two statements of the hot path, as functions: a statement inside a function sees what was committed before it,
 * so the holds and ledger rows that are read after the wallets are locked are those of that moment. In one plain
 * statement they would be those of before the wait for the lock, and a copy of a message that another instance holds
 * or charges at the same time would be counted, or held again after its charge. A function also keeps lock, work and
 * commit in one round trip.
 *
 * Plans are kept for the life of a connection and would be made while the tables are empty; without sequential scans,
 * hash and merge joins they stay right for any size.
 *
 * A later version of either gets a name of its own, so that the release before it goes on working.
 */
const PLANNER = `
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan set jit = off`;

/** Wallets in order of id, in both functions: two of them never wait for each other in a circle. */
const LOCK_WALLETS = `
  perform from billing.wallets where org_id = any(p_wallets) order by org_id for no key update;`;

const HOLD_MESSAGES = `
  create function billing.hold_messages(
    -- one element for each message, in order of arrival, no message twice
    p_messages uuid[], p_orgs uuid[], p_apps uuid[],
    -- what to hold; zero: the wallet is only checked
    p_amounts bigint[],
    p_ask_at_ms bigint[],
    -- every wallet of the batch, once
    p_wallets uuid[],
    -- what must be covered of an amount that is held
    p_fee bigint,
    p_now_ms bigint
  ) returns integer[] language plpgsql ${PLANNER} as $$
  declare
    refused integer[];
  begin
    -- A hold may be lost with the server: the charge does without it. A ledger row may not.
    perform set_config('synchronous_commit', 'off', true);
    ${LOCK_WALLETS}
    with incoming as materialized (
      select m.ordinality::integer as position, m.message_id, m.org_id, m.app_id, m.amount, m.ask_at_ms,
        (select w.balance_micro_usd - w.held_micro_usd
           from billing.wallets w where w.org_id = m.org_id) as available
      from unnest(p_messages, p_orgs, p_apps, p_amounts, p_ask_at_ms) with ordinality
        as m(message_id, org_id, app_id, amount, ask_at_ms, ordinality)
      where not exists (select from billing.holds h where h.message_id = m.message_id)
        and not exists (select from billing.ledger_transactions l
                        where l.transaction_id = m.message_id and l.kind = 'infrastructure_fee')
        and not exists (select from billing.released_holds r where r.message_id = m.message_id)
    ), demanded as (
      select *, coalesce(sum(amount) over (partition by org_id order by position
        rows between unbounded preceding and 1 preceding), 0) as demanded_before
      from incoming
    ), granted as (
      -- What is available only falls, so those that are granted come before those that are refused: up to the first
      -- refusal what was demanded is what was granted.
      select *, case when amount > 0
        and available - demanded_before >= greatest(p_fee, 1) then amount else 0 end as granted
      from demanded
    ), judged as materialized (
      select *, case when amount > 0 then granted > 0
        else coalesce(available - coalesce(sum(granted) over (partition by org_id order by position
          rows between unbounded preceding and 1 preceding), 0) > 0, false) end as is_covered
      from granted
    ), inserted as (
      insert into billing.holds (message_id, org_id, app_id, amount_micro_usd, held_at, ask_at)
      select message_id, org_id, app_id, granted, to_timestamp(p_now_ms / 1000.0),
        to_timestamp(ask_at_ms / 1000.0)
      from judged where granted > 0 order by position
      on conflict do nothing
      returning org_id, amount_micro_usd
    ), grown as (
      update billing.wallets w set held_micro_usd = w.held_micro_usd + g.amount
      from (select org_id, sum(amount_micro_usd)::bigint as amount from inserted group by org_id) g
      where w.org_id = g.org_id
    )
    select coalesce(array_agg(position order by position), '{}') into refused
    from judged where not is_covered;
    return refused;
  end $$`;

const SETTLE_MESSAGES = `
  create function billing.settle_messages(
    -- one element for each message, no message twice
    p_messages uuid[], p_orgs uuid[],
    -- charge: the fee is due. release: the hold ends, and none may be taken later. discard: the hold ends.
    -- unknown: the hold stays.
    p_actions text[],
    p_wallets uuid[],
    p_fee bigint,
    p_now_ms bigint
  ) returns table (charged integer, ended integer) language plpgsql ${PLANNER} as $$
  declare
    locked integer;
  begin
    ${LOCK_WALLETS}
    get diagnostics locked = row_count;
    if locked < cardinality(p_wallets) then
      -- What Meta accepted is charged, also for an organization whose wallet was never opened.
      insert into billing.wallets (org_id) select unnest(p_wallets) order by 1 on conflict do nothing;
    end if;
    return query
    with incoming as materialized (
      select * from unnest(p_messages, p_orgs, p_actions) as m(message_id, org_id, action)
    ), charges as (
      insert into billing.ledger_transactions
        (transaction_id, org_id, amount_micro_usd, kind, account)
      select message_id, org_id, -p_fee, 'infrastructure_fee', 'infrastructure_revenue'
      from incoming where action = 'charge' and p_fee > 0 order by message_id
      on conflict do nothing
      returning org_id, amount_micro_usd
    ), ended_holds as (
      delete from billing.holds h using incoming m
      where h.message_id = m.message_id and h.org_id = m.org_id and m.action <> 'unknown'
      returning h.org_id, h.amount_micro_usd
    ), kept as (
      update billing.holds h set unknown_since = to_timestamp(p_now_ms / 1000.0)
      from incoming m
      where h.message_id = m.message_id and h.org_id = m.org_id and m.action = 'unknown'
        and h.unknown_since is null
    ), traces as (
      insert into billing.released_holds (message_id)
      select message_id from incoming where action = 'release' order by message_id
      on conflict do nothing
    ), changes as (
      select org_id, sum(charge)::bigint as charge, sum(hold)::bigint as hold from (
        select org_id, amount_micro_usd as charge, 0 as hold from charges
        union all select org_id, 0, amount_micro_usd from ended_holds
      ) each_one group by org_id
    ), changed as (
      update billing.wallets w
      set balance_micro_usd = w.balance_micro_usd + c.charge, held_micro_usd = w.held_micro_usd - c.hold
      from changes c where w.org_id = c.org_id
    )
    select (select count(*)::integer from charges), (select count(*)::integer from ended_holds);
  end $$`;

/** Holding and settling a batch of messages. */
export class CreateHoldAndSettle1764000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(HOLD_MESSAGES);
    await queryRunner.query(SETTLE_MESSAGES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop function billing.settle_messages');
    await queryRunner.query('drop function billing.hold_messages');
  }
}
