import type { MigrationInterface, QueryRunner } from 'typeorm';
import { acceptEvents } from './1764300000003-accept-and-claim';

const TABLE = `
  create table incoming_hours (
    org_id uuid not null,
    app_id uuid not null,
    hour timestamptz not null,
    message_count bigint not null,
    primary key (org_id, hour, app_id)
  ) with (fillfactor = 70);
  comment on column incoming_hours.hour is 'of the time inside the event';`;

/** Hours in order, and behind the events themselves: two batches never wait for each other in a circle. */
const COUNT = (rows: string): string => `
  insert into incoming_hours as h (org_id, app_id, hour, message_count)
  select f.org_id, f.app_id, date_trunc('hour', f.at, 'UTC'), count(*)
  from ${rows} f where f.event = 'messages'
  group by 1, 2, 3 order by 1, 3, 2
  on conflict (org_id, hour, app_id) do update set message_count = h.message_count + excluded.message_count`;

/** `accept_events` as it is with them. */
export const acceptAndCount = (): string => acceptEvents(`, counted as (${COUNT('fresh')})`);

/**
 * Messages that came in, by hour, counted in the statement that accepts them: an event that comes again is not new, and
 * not counted. The function keeps its name and signature, so that an instance of the release before counts as well.
 */
export class IncomingHours1796400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
    // Who accepts is waited for, and waits: each event is counted by one of the two statements.
    await runner.query('lock table events in share row exclusive mode');
    await runner.query(acceptAndCount());
    await runner.query(COUNT('events'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(acceptEvents());
    await runner.query('drop table incoming_hours');
  }
}
