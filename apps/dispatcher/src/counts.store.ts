import type { CountedRange } from '@gateway/contracts';
import { preparedAsTenant, preparedQuery } from '@gateway/platform';
import type { DataSource } from 'typeorm';
import type { CountOfState } from './domain/outgoing-counts';

/** The one who asks has given up by then. */
const TIMEOUT_MS = 1_500;

const OF_RANGE = `
  where org_id = $1 and ($2::uuid is null or app_id = $2) and hour >= $3 and hour < $4`;

/** What is moved already and what is not, in one look: never both of one change. */
const COUNT = `
select date_trunc($5, hour, 'UTC') as at, kind, state, sum(count)::float8 as count
from (
  select hour, kind, state, message_count as count from message_hours ${OF_RANGE}
  union all
  select hour, kind, state, change from message_count_changes ${OF_RANGE}
) counts
group by 1, 2, 3 having sum(count) <> 0 order by 1`;

/** Rows that another instance moves are left to it; hours are locked in order. */
const FOLD = `
with moved as (
  delete from message_count_changes where ctid = any (array(
    select ctid from message_count_changes limit $1 for update skip locked))
  returning org_id, app_id, hour, kind, state, change
), added as (
  insert into message_hours as held (org_id, app_id, hour, kind, state, message_count)
  select org_id, app_id, hour, kind, state, sum(change) from moved
  group by org_id, app_id, hour, kind, state having sum(change) <> 0
  order by org_id, hour, app_id, kind, state
  on conflict (org_id, hour, app_id, kind, state)
    do update set message_count = held.message_count + excluded.message_count
)
select count(*)::int as count from moved`;

/** Counts of messages by hour; the triggers of `MessageCounts` keep them with every change of a message. */
export class CountsStore {
  constructor(private readonly database: DataSource) {}

  /** In order of time; exact at the moment of the call. */
  async count({ orgId, appId, from, to, period }: CountedRange): Promise<CountOfState[]> {
    const { rows } = await preparedAsTenant(this.database, orgId, (on) =>
      preparedQuery<CountOfState>(on, {
        name: 'messages_count',
        text: COUNT,
        values: [orgId, appId, from, to, period],
        timeoutMs: TIMEOUT_MS,
      }),
    );
    return rows;
  }

  /** Moves changes into their hours; returns how many, fewer than `countMax` means all. */
  async fold(countMax: number): Promise<number> {
    const { rows } = await preparedQuery<{ count: number }>(this.database, {
      name: 'messages_fold_counts',
      text: FOLD,
      values: [countMax],
    });
    return rows[0]?.count ?? 0;
  }
}
