import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Messages are partitioned by week of their id: a UUIDv7 begins with its time, so that ids stay unique over all
 * partitions, inserts stay at the right edge of every index, and old weeks can be dropped. Nothing that changes is
 * indexed: an outcome is a heap-only update on its own page. Wamids have a table of their own for that reason, by
 * hash, as they are long and random.
 */
export class Messages1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table messages (
        id uuid primary key,
        app_id uuid not null,
        org_id uuid not null,
        owner_boot_id uuid not null,
        first_message_id uuid,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        flags smallint not null,
        retry_after_seconds int,
        type text,
        state text not null check (state in
          ('sending', 'accepted', 'sent', 'delivered', 'read', 'failed', 'rejected', 'expired', 'unknown')),
        error_code text,
        wamid text,
        error_params text,
        response bytea
      ) partition by range (id);
      comment on column messages.flags is '1: fake, 2: Marketing Messages endpoint';
      comment on column messages.first_message_id is 'of a repeat: the message whose outcome it was answered with';

      create table message_wamids (
        message_id uuid not null,
        wamid_hash bigint not null
      ) partition by range (message_id);
      create index on message_wamids (wamid_hash);

      -- What comes with a strange clock.
      create table messages_other partition of messages default with (fillfactor = 60);
      create table message_wamids_other partition of message_wamids default;

      create table idempotency_keys (
        app_id uuid not null,
        key_hash bytea not null,
        body_hash bytea not null,
        message_id uuid not null,
        expires_at timestamptz not null,
        primary key (app_id, key_hash)
      );
      create index on idempotency_keys (expires_at);

      create table dispatcher_instances (
        boot_id uuid primary key,
        slot smallint not null unique check (slot between 0 and 999),
        lease_until timestamptz not null,
        open_since timestamptz not null
      ) with (fillfactor = 20);
      comment on column dispatcher_instances.open_since is 'no message that is still open came before';
    `);
    await runner.query(PARTITIONS);
    await runner.query('select prepare_message_partitions()');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function prepare_message_partitions();
      drop function message_id_from(timestamptz);
      drop table dispatcher_instances, idempotency_keys, message_wamids, messages;
    `);
  }
}

/** The service's role has no DDL; this one piece of it is lent to it by the owner of the schema. */
const PARTITIONS = `
  create function message_id_from(at timestamptz) returns uuid language sql immutable as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
  $$;

  create function prepare_message_partitions() returns void
  language plpgsql security definer set search_path from current set timezone = 'UTC' as $$
  declare
    week timestamptz;
    suffix text;
  begin
    for week in select generate_series(date_trunc('week', now()), now() + interval '4 weeks', interval '1 week') loop
      suffix := to_char(week, 'YYYYMMDD');
      if to_regclass('messages_' || suffix) is null then
        execute format('create table %I partition of messages for values from (%L) to (%L) with (fillfactor = 60)',
          'messages_' || suffix, message_id_from(week), message_id_from(week + interval '1 week'));
        execute format('create table %I partition of message_wamids for values from (%L) to (%L)',
          'message_wamids_' || suffix, message_id_from(week), message_id_from(week + interval '1 week'));
      end if;
    end loop;
  end
  $$;
`;
