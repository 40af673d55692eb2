import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who changed what: written in the transaction of the change, never changed afterwards. */
export class CreateAuditLog1795300000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table audit_entries (
        id uuid primary key,
        organization_id uuid not null references organizations (id),
        actor_kind text not null check (actor_kind in ('system', 'service', 'operator', 'user')),
        actor_id text,
        correlation_id text,
        action text not null check (action ~ '^[a-z_]+[.][a-z_]+$'),
        entity_id uuid not null,
        details jsonb not null,
        created_at timestamptz not null
      );
      create index audit_entries_of_organization
        on audit_entries (organization_id, created_at desc, id desc);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table audit_entries');
  }
}
