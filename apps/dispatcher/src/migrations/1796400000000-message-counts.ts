import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
  create table message_count_changes (
    org_id uuid not null,
    app_id uuid not null,
    hour timestamptz not null,
    kind text not null,
    state text not null,
    change integer not null
  );
  comment on table message_count_changes is 'counts that are not in message_hours yet: only added to and taken from';

  create table message_hours (
    org_id uuid not null,
    app_id uuid not null,
    hour timestamptz not null,
    kind text not null check (kind in ('session', 'template', 'marketing_lite')),
    state text not null,
    message_count bigint not null,
    primary key (org_id, hour, app_id, kind, state)
  ) with (fillfactor = 70);
  comment on column message_hours.hour is 'in which the gateway took the message, however late its state changes';`;

/** Counted are messages whose outcome is known: not fakes, marks as read, or repeats of a message. */
const counted = (rows: string, change: number): string => `
    select org_id, app_id, date_trunc('hour', created_at, 'UTC') as hour,
      case when type is distinct from 'template' then 'session'
        when flags & 2 <> 0 then 'marketing_lite' else 'template' end as kind,
      state, ${change} as change
    from ${rows}
    where state <> 'sending' and flags & 1 = 0 and first_message_id is null and type is distinct from 'read'`;

const summed = (table: string, count: string, rows: string): string => `
  insert into ${table} (org_id, app_id, hour, kind, state, ${count})
  select org_id, app_id, hour, kind, state, sum(change) from (${rows}) each_one
  group by org_id, app_id, hour, kind, state having sum(change) <> 0`;

/** Most statements insert what is being sent, or update alone: both are over with one look. */
const COUNT_INSERTED = `
  create function count_inserted_messages() returns trigger language plpgsql as $$
  begin
    if exists (select from new_rows where state <> 'sending') then
      ${summed('message_count_changes', 'change', counted('new_rows', 1))};
    end if;
    return null;
  end $$;
  create trigger count_inserted_messages after insert on messages
    referencing new table as new_rows
    for each statement execute function count_inserted_messages();`;

const COUNT_UPDATED = `
  create function count_updated_messages() returns trigger language plpgsql as $$
  begin
    ${summed(
      'message_count_changes',
      'change',
      `${counted('new_rows', 1)} union all ${counted('old_rows', -1)}`,
    )};
    return null;
  end $$;
  create trigger count_updated_messages after update on messages
    referencing old table as old_rows new table as new_rows
    for each statement execute function count_updated_messages();`;

/**
 * Counts of messages by hour, changed in the statement that changes the messages, whichever that is: so they are exact
 * when a record comes again, and when a process is killed anywhere. A statement only adds a few rows, so that no two
 * wait for each other at the count of a busy hour; what was added is moved into the hours every few seconds.
 */
export class MessageCounts1796400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(COUNT_INSERTED);
    await runner.query(COUNT_UPDATED);
    // The triggers keep writers out until the end of this transaction: what was there before is counted once.
    await runner.query(summed('message_hours', 'message_count', counted('messages', 1)));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop trigger count_updated_messages on messages;
      drop trigger count_inserted_messages on messages;
      drop function count_updated_messages, count_inserted_messages;
      drop table message_hours, message_count_changes;
    `);
  }
}
