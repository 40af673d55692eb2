import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What Meta reports of messages, in tables by the week of the message's id beside those of the messages, so that they
 * go together. The time at which Meta's answer came stays the message's own: a status changes its state alone.
 */
export class MessageStatuses1795900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table messages add column phone_number_id text;
      comment on column messages.phone_number_id is 'the number it was sent from: statuses from another move nothing';

      create table message_statuses (
        message_id uuid not null,
        received_at timestamptz not null default now(),
        -- Meta's time
        at timestamptz not null,
        status text not null check (status in ('sent', 'failed', 'delivered', 'read')),
        error_params text,
        primary key (message_id, status)
      ) partition by range (message_id);
      create table message_statuses_other partition of message_statuses default;
    `);
    await runner.query(PARTITIONS);
    await runner.query('select prepare_message_partitions()');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(PARTITIONS_BEFORE);
    await runner.query(`
      drop table message_statuses;
      alter table messages drop column phone_number_id;
    `);
  }
}

const partitionsOf = (tables: readonly string[]): string => `
  create or replace function prepare_message_partitions() returns void
  language plpgsql security definer set search_path from current set timezone = 'UTC' as $$
  declare
    week timestamptz;
    partitioned text;
    partition text;
  begin
    for week in select generate_series(date_trunc('week', now()), now() + interval '4 weeks', interval '1 week') loop
      foreach partitioned in array '{${tables.join(',')}}'::text[] loop
        partition := partitioned || '_' || to_char(week, 'YYYYMMDD');
        if to_regclass(partition) is null then
          execute format('create table %I partition of %I for values from (%L) to (%L)',
            partition, partitioned, message_id_from(week), message_id_from(week + interval '1 week'));
          if partitioned = 'messages' then
            execute format('alter table %I set (fillfactor = 60)', partition);
          end if;
        end if;
      end loop;
    end loop;
  end
  $$;
`;

const PARTITIONS = partitionsOf(['messages', 'message_wamids', 'message_statuses']);
const PARTITIONS_BEFORE = partitionsOf(['messages', 'message_wamids']);
