import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A row is claimed with some 180 bytes and grows to some 410 with its outcome. */
const FILLFACTOR = 30;
const FILLFACTOR_BEFORE = 60;

/**
 * Room on each page for what its rows become. With 60 % of a page filled by claims, their outcomes did not fit: six of
 * ten went to another page, with new entries in every index. With 30 % one of twenty does, and the table is no larger.
 * What is on a page already stays where it is.
 */
export class MessagePageRoom1796500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(partitionsWith(FILLFACTOR));
    await runner.query(existingWith(FILLFACTOR));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(partitionsWith(FILLFACTOR_BEFORE));
    await runner.query(existingWith(FILLFACTOR_BEFORE));
  }
}

const partitionsWith = (fillfactor: number): string => `
  create or replace function prepare_message_partitions() returns void
  language plpgsql security definer set search_path from current set timezone = 'UTC' as $$
  declare
    week timestamptz;
    partitioned text;
    partition text;
  begin
    for week in select generate_series(date_trunc('week', now()), now() + interval '4 weeks', interval '1 week') loop
      foreach partitioned in array '{messages,message_wamids,message_statuses}'::text[] loop
        partition := partitioned || '_' || to_char(week, 'YYYYMMDD');
        if to_regclass(partition) is null then
          execute format('create table %I partition of %I for values from (%L) to (%L)',
            partition, partitioned, message_id_from(week), message_id_from(week + interval '1 week'));
          if partitioned = 'messages' then
            execute format('alter table %I set (fillfactor = ${fillfactor})', partition);
          end if;
        end if;
      end loop;
    end loop;
  end
  $$;
`;

const existingWith = (fillfactor: number): string => `
  do $$
  declare
    partition regclass;
  begin
    for partition in select inhrelid::regclass from pg_inherits where inhparent = 'messages'::regclass loop
      execute format('alter table %s set (fillfactor = ${fillfactor})', partition);
    end loop;
  end
  $$;
`;
