import { preparedQuery } from '@gateway/platform';
import type { DataSource } from 'typeorm';

/** What keeps the tables in order: partitions, instances, what may be forgotten. */
export class HousekeepingStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Makes the weeks to come, and drops those that are over and wholly delivered. */
  async renewPartitions(
    retentionDays: number,
  ): Promise<readonly { readonly week: string; readonly held: number }[]> {
    await this.dataSource.query('select ensure_partitions()');
    return this.dataSource.query(
      `select week, held from drop_partitions(now() - $1::integer * interval '1 day')`,
      [retentionDays],
    );
  }

  /** @returns how many instances are alive, this one among them */
  async signOfLife(bootId: string, aliveMs: number): Promise<number> {
    const { rows } = await preparedQuery<{ count: number }>(this.dataSource, {
      name: 'sign_of_life',
      text: `
        with mine as (
          insert into instances (boot_id, seen_at) values ($1, now())
          on conflict (boot_id) do update set seen_at = now()
        ), gone as (
          delete from instances where seen_at < now() - interval '1 hour'
        )
        select (1 + count(*))::integer as count from instances
        where boot_id <> $1 and seen_at > now() - $2::bigint * interval '1 millisecond'`,
      values: [bootId, aliveMs],
    });
    return rows[0]?.count ?? 1;
  }

  async signOff(bootId: string): Promise<void> {
    await preparedQuery(this.dataSource, {
      name: 'sign_off',
      text: 'delete from instances where boot_id = $1',
      values: [bootId],
    });
  }

  /** Forgets ids that Meta will not repeat any more. */
  async forgetSeen(keptDays: number, countMax: number): Promise<number> {
    const { rowCount } = await preparedQuery(this.dataSource, {
      name: 'forget_seen',
      text: `
        delete from seen_events where id in (
          select id from seen_events where seen_at < now() - $1::integer * interval '1 day'
          order by seen_at limit $2 for update skip locked)`,
      values: [keptDays, countMax],
    });
    return rowCount;
  }
}
