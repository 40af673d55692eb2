import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** One more attempt under a name, and until when such attempts are counted together. */
export interface CountedAttempt {
  /** Keyed hash, hex. */
  readonly name: string;
  readonly windowMs: number;
}

export interface AttemptCount {
  readonly name: string;
  readonly count: number;
  readonly windowEndsAt: Date;
}

/** Counts attempts in windows that begin with the first; outside of any other transaction, so that all of them count. */
@Injectable()
export class AttemptsStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Counts each, and forgets a few that are over; one statement. */
  async count(attempts: readonly CountedAttempt[], at: Date): Promise<AttemptCount[]> {
    // In one order everywhere: two statements over the same names must not wait for each other.
    const ordered = [...attempts].sort((one, other) => (one.name < other.name ? -1 : 1));
    return this.dataSource.query(
      `with forgotten as (
         delete from attempts where name in (
           select name from attempts
           where window_ends_at < $3::timestamptz - interval '1 hour' and name <> all ($1)
           order by window_ends_at limit 10 for update skip locked)
       )
       insert into attempts as known (name, count, window_ends_at)
       select name, 1, $3::timestamptz + window_ms * interval '1 millisecond'
       from unnest($1::text[], $2::bigint[]) as given (name, window_ms)
       on conflict (name) do update set
         count = case when known.window_ends_at <= $3 then 1 else known.count + 1 end,
         window_ends_at =
           case when known.window_ends_at <= $3 then excluded.window_ends_at
                else known.window_ends_at end
       returning name, count, window_ends_at as "windowEndsAt"`,
      [ordered.map(({ name }) => name), ordered.map(({ windowMs }) => windowMs), at],
    );
  }

  async forget(name: string): Promise<void> {
    await this.dataSource.query('delete from attempts where name = $1', [name]);
  }
}
