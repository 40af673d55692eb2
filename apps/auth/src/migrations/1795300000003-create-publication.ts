import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is still to be published to tenancy.changed.v1, and which commands were carried out. */
export class CreatePublication1795300000003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table tenancy_outbox (
        id bigint generated always as identity primary key,
        kind text not null check (kind in ('key', 'application')),
        entity_id text not null check (char_length(entity_id) between 1 and 100),
        due_at timestamptz not null default clock_timestamp(),
        is_echo boolean not null default false,
        version bigint unique check (version > 0)
      );
      create index tenancy_outbox_without_version on tenancy_outbox (id) where version is null;
      create unique index tenancy_outbox_one_echo on tenancy_outbox (kind, entity_id)
        where is_echo and version is null;
      comment on table tenancy_outbox is
        'Names what changed; the relay reads the state when it sends it and removes the row after.';
      comment on column tenancy_outbox.is_echo is
        'Sent once more, later, because a request of unknown outcome may still be on its way.';
      comment on column tenancy_outbox.version is
        'Given when the relay is about to send: a row that has one may be in the topic already.';

      create table tenancy_publication (
        is_only boolean primary key default true check (is_only),
        version bigint not null check (version >= 0)
      );
      comment on table tenancy_publication is 'One row: the highest version that was given.';
      insert into tenancy_publication (version) values (0);

      create table completed_commands (
        correlation_id text primary key check (char_length(correlation_id) between 1 and 100),
        command text not null,
        sealed_reply bytea,
        completed_at timestamptz not null
      );
      create index completed_commands_by_age on completed_commands (completed_at);
      comment on column completed_commands.sealed_reply is
        'Null only inside the transaction that carries the command out.';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table completed_commands, tenancy_publication, tenancy_outbox');
  }
}
