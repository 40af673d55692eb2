import type { CountedRange, IncomingCounts } from '@gateway/contracts';
import { preparedAsTenant, preparedQuery } from '@gateway/platform';
import type { DataSource } from 'typeorm';

/** The one who asks has given up by then. */
const TIMEOUT_MS = 1_500;

const COUNT = `
select date_trunc($5, hour, 'UTC') as at, sum(message_count)::float8 as incoming
from incoming_hours
where org_id = $1 and ($2::uuid is null or app_id = $2) and hour >= $3 and hour < $4
group by 1 order by 1`;

/** Messages that came in, by hour; `accept_events` counts them with every event that it accepts. */
export class CountsStore {
  constructor(private readonly dataSource: DataSource) {}

  /** In order of time. */
  async incoming({ orgId, appId, from, to, period }: CountedRange): Promise<IncomingCounts[]> {
    const { rows } = await preparedAsTenant(this.dataSource, orgId, (on) =>
      preparedQuery<{ at: Date; incoming: number }>(on, {
        name: 'count_incoming',
        text: COUNT,
        values: [orgId, appId, from, to, period],
        timeoutMs: TIMEOUT_MS,
      }),
    );
    return rows.map(({ at, incoming }) => ({ at: at.toISOString(), incoming }));
  }
}
