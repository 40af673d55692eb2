import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
  alter type billing.ledger_kind add value 'meta_fee';
  alter type billing.ledger_account add value 'meta_cost';

  -- What Meta charges, by the day from which on it holds.
  create table billing.rate_cards (
    effective_on date primary key,
    source text not null,
    is_sample boolean not null,
    imported_at timestamptz not null default now()
  );
  create table billing.rates (
    effective_on date not null references billing.rate_cards on delete cascade,
    market text not null,
    category text not null,
    amount_micro_usd bigint not null check (amount_micro_usd >= 0),
    primary key (effective_on, market, category)
  );

  -- The Meta part of holds whose message was accepted and has no final status yet.
  create table billing.meta_holds (
    message_id uuid primary key,
    org_id uuid not null,
    amount_micro_usd bigint not null check (amount_micro_usd > 0),
    held_at timestamptz not null
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0,
          autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);
  create index meta_holds_held_at on billing.meta_holds (held_at);

  -- What was charged, by hour: a row each for acceptances ('infrastructure') and for each category of Meta's.
  create table billing.usage_hours (
    org_id uuid not null,
    app_id uuid not null,
    hour timestamptz not null,
    category text not null,
    message_count bigint not null,
    amount_micro_usd bigint not null,
    primary key (org_id, hour, app_id, category)
  ) with (fillfactor = 70);`;

/** As for the functions before them: plans that stay right for any size. */
const PLANNER = `
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan set jit = off`;

/** Wallets in order of id, in every function: two of them never wait for each other in a circle. */
const LOCK_WALLETS = `
    perform from billing.wallets where org_id = any(p_wallets) order by org_id for no key update;
    get diagnostics locked = row_count;
    if locked < cardinality(p_wallets) then
      -- What Meta accepted is charged, also for an organization whose wallet was never opened.
      insert into billing.wallets (org_id) select unnest(p_wallets) order by 1 on conflict do nothing;
    end if;`;

const COUNT_USAGE = (rows: string): string => `
      insert into billing.usage_hours as u (org_id, app_id, hour, category, message_count, amount_micro_usd)
      select org_id, app_id, date_trunc('hour', to_timestamp(p_now_ms / 1000.0), 'UTC'), category,
        count(*), -sum(amount)::bigint
      from (${rows}) charged_now
      group by org_id, app_id, category order by org_id, app_id, category
      on conflict (org_id, hour, app_id, category) do update
        set message_count = u.message_count + excluded.message_count,
          amount_micro_usd = u.amount_micro_usd + excluded.amount_micro_usd`;

const CHANGE_WALLETS = (changes: string): string => `
      update billing.wallets w
      set balance_micro_usd = w.balance_micro_usd + c.charge, held_micro_usd = w.held_micro_usd - c.freed
      from (
        select org_id, sum(charge)::bigint as charge, sum(freed)::bigint as freed
        from (${changes}) each_one (org_id, charge, freed) group by org_id
      ) c where w.org_id = c.org_id`;

/**
 * As `settle_messages`, which stays for the release before; what is held of Meta's fee goes on being held.
 * @param category of the usage of a message `m`, in SQL
 */
export const settleAccepted = (category = "'infrastructure'"): string => `
  create or replace function billing.settle_accepted_messages(
    -- one element for each message, no message twice
    p_messages uuid[], p_orgs uuid[], p_apps uuid[],
    -- charge: the fee is due, Meta's part goes on being held. charge_whole: the fee is due, the hold ends.
    -- release: the hold ends, and none may be taken later. discard: the hold ends.
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
    return query
    with incoming as materialized (
      select * from unnest(p_messages, p_orgs, p_apps, p_actions) as m(message_id, org_id, app_id, action)
    ), charges as (
      insert into billing.ledger_transactions
        (transaction_id, org_id, amount_micro_usd, kind, account)
      select message_id, org_id, -p_fee, 'infrastructure_fee', 'infrastructure_revenue'
      from incoming where action in ('charge', 'charge_whole') and p_fee > 0 order by message_id
      on conflict do nothing
      returning transaction_id, org_id, amount_micro_usd
    ), ended_holds as (
      delete from billing.holds h using incoming m
      where h.message_id = m.message_id and h.org_id = m.org_id and m.action <> 'unknown'
      returning h.message_id, h.org_id, h.amount_micro_usd, m.action
    ), kept_parts as (
      insert into billing.meta_holds (message_id, org_id, amount_micro_usd, held_at)
      select message_id, org_id, amount_micro_usd - p_fee, to_timestamp(p_now_ms / 1000.0)
      from ended_holds where action = 'charge' and amount_micro_usd > greatest(p_fee, 1) order by message_id
      on conflict do nothing
      returning org_id, amount_micro_usd
    ), kept as (
      update billing.holds h set unknown_since = to_timestamp(p_now_ms / 1000.0)
      from incoming m
      where h.message_id = m.message_id and h.org_id = m.org_id and m.action = 'unknown'
        and h.unknown_since is null
    ), traces as (
      insert into billing.released_holds (message_id)
      select message_id from incoming where action = 'release' order by message_id
      on conflict do nothing
    ), used as (${COUNT_USAGE(`
        select c.org_id, m.app_id, ${category} as category, c.amount_micro_usd as amount
        from charges c join incoming m on m.message_id = c.transaction_id`)}
    ), changed as (${CHANGE_WALLETS(`
        select org_id, amount_micro_usd, 0 from charges
        union all select org_id, 0, amount_micro_usd from ended_holds
        union all select org_id, 0, -amount_micro_usd from kept_parts`)}
    )
    select (select count(*)::integer from charges), (select count(*)::integer from ended_holds);
  end $$`;

/**
 * A final status before the outcome itself is told leaves nothing in the hold but the infrastructure fee, so that
 * nothing of Meta's goes on being held when the outcome comes.
 */
const PRICE = `
  create function billing.price_messages(
    -- one element for each message, no message twice
    p_messages uuid[], p_orgs uuid[], p_apps uuid[],
    p_categories text[],
    -- Meta's fee; zero when none is due
    p_amounts bigint[],
    p_wallets uuid[],
    p_fee bigint,
    p_now_ms bigint
  ) returns table (charged integer, ended integer) language plpgsql ${PLANNER} as $$
  declare
    locked integer;
  begin
    ${LOCK_WALLETS}
    return query
    with incoming as materialized (
      select * from unnest(p_messages, p_orgs, p_apps, p_categories, p_amounts)
        as m(message_id, org_id, app_id, category, amount)
    ), charges as (
      insert into billing.ledger_transactions
        (transaction_id, org_id, amount_micro_usd, kind, account)
      select message_id, org_id, -amount, 'meta_fee', 'meta_cost'
      from incoming where amount > 0 order by message_id
      on conflict do nothing
      returning transaction_id, org_id, amount_micro_usd
    ), ended_parts as (
      delete from billing.meta_holds h using incoming m
      where h.message_id = m.message_id and h.org_id = m.org_id
      returning h.org_id, h.amount_micro_usd
    ), shrunk as (
      update billing.holds h set amount_micro_usd = greatest(p_fee, 1)
      from (
        select before.message_id, before.org_id, before.amount_micro_usd
        from incoming m join billing.holds before
          on before.message_id = m.message_id and before.org_id = m.org_id
        where before.amount_micro_usd > greatest(p_fee, 1)
      ) before
      where h.message_id = before.message_id
      returning h.org_id, before.amount_micro_usd - h.amount_micro_usd as freed
    ), used as (${COUNT_USAGE(`
        select c.org_id, m.app_id, m.category, c.amount_micro_usd as amount
        from charges c join incoming m on m.message_id = c.transaction_id`)}
    ), changed as (${CHANGE_WALLETS(`
        select org_id, amount_micro_usd, 0 from charges
        union all select org_id, 0, amount_micro_usd from ended_parts
        union all select org_id, 0, freed from shrunk`)}
    )
    select (select count(*)::integer from charges), (select count(*)::integer from ended_parts);
  end $$`;

/** Which to end is looked up first, and only then are their wallets locked: wallets always come before holds. */
const EXPIRE = `
  create function billing.expire_meta_holds(p_before_ms bigint, p_count_max integer)
  returns integer language plpgsql ${PLANNER} as $$
  declare
    due uuid[];
    ended integer;
  begin
    select array_agg(message_id) into due from (
      select message_id from billing.meta_holds
      where held_at <= to_timestamp(p_before_ms / 1000.0) order by held_at limit p_count_max
    ) oldest;
    perform from billing.wallets
    where org_id in (select org_id from billing.meta_holds where message_id = any(due))
    order by org_id for no key update;
    with ended_parts as (
      delete from billing.meta_holds where message_id = any(due) returning org_id, amount_micro_usd
    ), changed as (${CHANGE_WALLETS('select org_id, 0, amount_micro_usd from ended_parts')}
    )
    select count(*)::integer into ended from ended_parts;
    return ended;
  end $$`;

/** Meta's fee: rate cards, what is held for it after acceptance, its charge at delivery, and usage by hour. */
export class CreateMetaFees1795900000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    for (const statement of [settleAccepted(), PRICE, EXPIRE]) await queryRunner.query(statement);
  }

  /** The values of the types stay: Postgres takes none back. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      drop function billing.expire_meta_holds, billing.price_messages, billing.settle_accepted_messages;
      drop table billing.usage_hours, billing.meta_holds, billing.rates, billing.rate_cards;
    `);
  }
}
