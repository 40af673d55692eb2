import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who is invoiced, who changed what, and the entries of a wallet in order of time. */
export class CreateAccounts1795900000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table billing.accounts (
        org_id uuid primary key,
        details jsonb not null,
        updated_at timestamptz not null default now()
      );
      create table billing.audit_log (
        id bigint generated always as identity primary key,
        at timestamptz not null default now(),
        org_id uuid not null,
        -- a user's id, or the name of the operator's login
        actor text not null,
        action text not null,
        details jsonb not null
      );
      create index audit_log_org_id on billing.audit_log (org_id, at);
      create index ledger_transactions_org_id on billing.ledger_transactions (org_id, created_at);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      drop index billing.ledger_transactions_org_id;
      drop table billing.audit_log, billing.accounts;
    `);
  }
}
