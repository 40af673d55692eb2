import { Inject, Injectable } from '@nestjs/common';
import type {
  ApplicationSummary,
  CommandReply,
  Granularity,
  IncomingCounts,
  InsightsRange,
  UsageOfApplication,
  UsageOfPeriod,
} from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { CLOCK, type Clock } from '@gateway/platform';
import type { MemberOfOrganization } from './domain/access';
import { DAYS_MAX, dateRange, daysOf } from './domain/insights-periods';
import type { InsightsQueryDto } from './insights.dto';
import { OwnersService } from './owners.service';

/** One after the other they stay under the 2 s within which an answer is due when a part is gone. */
const APPLICATIONS_TIMEOUT_MS = 800;
const COUNTS_TIMEOUT_MS = 1_000;

/** What is asked about, and the applications that it is of. */
export interface InsightsScope {
  readonly range: InsightsRange;
  readonly applications: readonly ApplicationSummary[];
}

/** Asks the owners of applications, messages, events and money what they counted. */
@Injectable()
export class InsightsOwnersService {
  constructor(
    private readonly owners: OwnersService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AppError GW_003 for a range that is too long, GW_404 for another's application */
  async scope(
    { orgId, userId }: MemberOfOrganization,
    query: InsightsQueryDto,
    granularity: Granularity,
  ): Promise<InsightsScope> {
    const dates = dateRange(query, this.clock.nowMs());
    const daysMax = DAYS_MAX[granularity];
    if (daysOf(dates) > daysMax) {
      const reason = `must be at most ${daysMax} days behind startDate`;
      throw new AppError('GW_003', { params: { fields: [{ path: 'endDate', reason }] } });
    }
    const member = { orgId, userId };
    const timeoutMs = APPLICATIONS_TIMEOUT_MS;
    const all = await this.owners.ask('auth', 'applications.list', member, orgId, timeoutMs);
    const { appId } = query;
    const applications = appId === undefined ? all : all.filter((each) => each.appId === appId);
    const only = appId === undefined ? null : applications[0]?.id;
    if (only === undefined) throw new AppError('GW_404');
    return { range: { orgId, appId: only, ...dates, granularity }, applications };
  }

  outgoing(range: InsightsRange): Promise<CommandReply<'dispatcher', 'messages.count'>> {
    return this.owners.ask('dispatcher', 'messages.count', range, range.orgId, COUNTS_TIMEOUT_MS);
  }

  incoming(range: InsightsRange): Promise<readonly IncomingCounts[]> {
    return this.owners.ask('webhooks', 'messages.count', range, range.orgId, COUNTS_TIMEOUT_MS);
  }

  usage(range: InsightsRange): Promise<readonly UsageOfPeriod[]> {
    return this.owners.ask('billing', 'usage.by-period', range, range.orgId, COUNTS_TIMEOUT_MS);
  }

  usageByApplication(range: InsightsRange): Promise<readonly UsageOfApplication[]> {
    return this.owners.ask(
      'billing',
      'usage.by-application',
      range,
      range.orgId,
      COUNTS_TIMEOUT_MS,
    );
  }
}
