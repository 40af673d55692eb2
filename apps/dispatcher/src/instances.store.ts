import { preparedQuery } from '@gateway/platform';
import { DataSource } from 'typeorm';

/** An instance whose lease is over. */
export interface DeadInstance {
  readonly bootId: string;
  readonly openSinceMs: number;
  readonly leaseUntilMs: number;
}

/** Running dispatchers: one row each, so that a claim costs no lease of its own. All times are the database's. */
export class InstancesStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Registers an instance, or prolongs its lease.
   *
   * @param timeoutMs after which the attempt counts as failed
   * @returns the slot, 0 to 999, that no other registered instance has
   */
  async renew(
    bootId: string,
    lease: { readonly leaseMs: number; readonly openSinceMs: number; readonly timeoutMs: number },
  ): Promise<number> {
    const { rows } = await preparedQuery<{ slot: number }>(this.database, {
      name: 'instances_renew',
      text: `insert into dispatcher_instances (boot_id, slot, lease_until, open_since)
        select $1, (
          select min(n) from generate_series(0, 999) n
          where not exists (select from dispatcher_instances taken where taken.slot = n)
        ), now() + $2 * interval '1 ms', $3
        on conflict (boot_id) do update
          set lease_until = excluded.lease_until, open_since = excluded.open_since
        returning slot`,
      values: [bootId, lease.leaseMs, new Date(lease.openSinceMs)],
      timeoutMs: lease.timeoutMs,
    });
    const slot = rows[0]?.slot;
    if (slot === undefined) throw new Error('the instance was not registered');
    return slot;
  }

  async dead(): Promise<DeadInstance[]> {
    const { rows } = await preparedQuery<{ boot_id: string; open_since: Date; lease_until: Date }>(
      this.database,
      {
        name: 'instances_dead',
        text: 'select boot_id, open_since, lease_until from dispatcher_instances where lease_until <= now()',
        values: [],
      },
    );
    return rows.map((row) => ({
      bootId: row.boot_id,
      openSinceMs: row.open_since.getTime(),
      leaseUntilMs: row.lease_until.getTime(),
    }));
  }

  /** Forgets an instance, unless it renewed its lease meanwhile. */
  async forgetDead(bootId: string): Promise<void> {
    await preparedQuery(this.database, {
      name: 'instances_forget_dead',
      text: 'delete from dispatcher_instances where boot_id = $1 and lease_until <= now()',
      values: [bootId],
    });
  }

  /** Ends an instance that has nothing open any more. */
  async leave(bootId: string): Promise<void> {
    await preparedQuery(this.database, {
      name: 'instances_leave',
      text: 'delete from dispatcher_instances where boot_id = $1',
      values: [bootId],
    });
  }
}
