import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
  create type billing.ledger_kind as enum ('infrastructure_fee', 'credit');
  create type billing.ledger_account as enum ('infrastructure_revenue', 'customer_credit');

  create table billing.wallets (
    org_id uuid primary key,
    balance_micro_usd bigint not null default 0,
    held_micro_usd bigint not null default 0,
    created_at timestamptz not null default now()
  ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05,
          autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

  create table billing.holds (
    message_id uuid primary key,
    org_id uuid not null,
    app_id uuid not null,
    amount_micro_usd bigint not null check (amount_micro_usd > 0),
    held_at timestamptz not null,
    -- when the dispatcher is asked how the message ended; moved on while an answer is awaited
    ask_at timestamptz not null,
    unknown_since timestamptz
  ) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0,
          autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0,
          autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);

  create table billing.released_holds (
    message_id uuid primary key,
    released_at timestamptz not null default now()
  );
  create index released_holds_released_at on billing.released_holds (released_at);

  create table billing.ledger_transactions (
    -- of a fee: the message
    transaction_id uuid not null,
    org_id uuid not null,
    -- what it changes the balance of the wallet by; the account of the house changes by the opposite
    amount_micro_usd bigint not null check (amount_micro_usd <> 0),
    created_at timestamptz not null default now(),
    kind billing.ledger_kind not null,
    account billing.ledger_account not null,
    reason text,
    primary key (transaction_id, kind)
  );
  create index ledger_transactions_created_at on billing.ledger_transactions
    using brin (created_at) with (pages_per_range = 32, autosummarize = on);

  create view billing.ledger_entries as
    select transaction_id, kind, 'wallet' as account, org_id, amount_micro_usd, created_at
    from billing.ledger_transactions
    union all
    select transaction_id, kind, account::text, null, -amount_micro_usd, created_at
    from billing.ledger_transactions;

  -- Sums of the ledger up to a time, so that the running check reads only what came after it.
  create table billing.ledger_checkpoints (
    org_id uuid primary key,
    amount_micro_usd bigint not null
  );
  create table billing.ledger_checkpoint_state (
    is_only boolean primary key default true check (is_only),
    through timestamptz not null,
    recounted_at timestamptz not null
  );
  insert into billing.ledger_checkpoint_state (through, recounted_at)
    values ('-infinity', '-infinity');`;

/**
 * Wallets, holds and ledger.
 *
 * - `wallets` and `holds` are small and hot: room on each page for row versions that touch no index, and early vacuum.
 * - `holds` has the open ones only. A captured hold is its ledger row, a released one its row in `released_holds`, so
 *   that a redelivered message finds either, and no statement ever walks over finished holds.
 * - `ledger_transactions` grows for ever, so it is narrow: one row is one transaction between a wallet and an account of
 *   the house, both legs in one row; `ledger_entries` shows the legs. Its only tree is the key that forbids a second
 *   charge; time has a block range index, which costs next to nothing at insert.
 */
export class CreateWallets1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      drop table billing.ledger_checkpoint_state, billing.ledger_checkpoints;
      drop view billing.ledger_entries;
      drop table billing.ledger_transactions, billing.released_holds, billing.holds, billing.wallets;
      drop type billing.ledger_account, billing.ledger_kind;
    `);
  }
}
