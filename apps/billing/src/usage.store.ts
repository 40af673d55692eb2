import type { CountedRange, UsageOfApplication, UsageOfPeriod } from '@gateway/contracts';
import { preparedAsTenant, preparedQuery } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** The one who asks has given up by then. */
const TIMEOUT_MS = 1_500;

const SUMS = `
  category, sum(message_count)::float8 as "messageCount", sum(amount_micro_usd)::text as "amountMicroUsd"
  from billing.usage_hours
  where org_id = $1 and ($2::uuid is null or app_id = $2) and hour >= $3 and hour < $4`;

/** What was charged, by hour; settling and pricing keep it in the transaction of each charge. */
@Injectable()
export class UsageStore {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  /** In order of time. */
  async byPeriod({ orgId, appId, from, to, period }: CountedRange): Promise<UsageOfPeriod[]> {
    const { rows } = await preparedAsTenant(this.dataSource, orgId, (on) =>
      preparedQuery<Omit<UsageOfPeriod, 'at'> & { at: Date }>(on, {
        name: 'usage_by_period',
        text: `select date_trunc($5, hour, 'UTC') as at, ${SUMS} group by 1, 2 order by 1, 2`,
        values: [orgId, appId, from, to, period],
        timeoutMs: TIMEOUT_MS,
      }),
    );
    return rows.map(({ at, ...sum }) => ({ at: at.toISOString(), ...sum }));
  }

  async byApplication({ orgId, appId, from, to }: CountedRange): Promise<UsageOfApplication[]> {
    const { rows } = await preparedAsTenant(this.dataSource, orgId, (on) =>
      preparedQuery<UsageOfApplication>(on, {
        name: 'usage_by_application',
        text: `select app_id as "appId", ${SUMS} group by 1, 2 order by 1, 2`,
        values: [orgId, appId, from, to],
        timeoutMs: TIMEOUT_MS,
      }),
    );
    return rows;
  }
}
