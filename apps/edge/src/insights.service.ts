import { Injectable } from '@nestjs/common';
import type { MemberOfOrganization } from './domain/access';
import { costsOf } from './domain/insights-costs';
import {
  breakup,
  costSeries,
  exportRows,
  messageCounts,
  messageSeries,
  messageStats,
} from './domain/insights-series';
import { InsightsOwnersService } from './insights-owners.service';
import type {
  ApplicationCostDto,
  BreakupDto,
  BreakupQueryDto,
  CategoriesDto,
  CostSeriesDto,
  ExportQueryDto,
  ExportRowDto,
  InsightsQueryDto,
  MessageSeriesDto,
  SeriesQueryDto,
  SummaryDto,
} from './insights.dto';
import { pageOf, type Page } from './paging';

/** Sums take the fewest rows by month. */
const SUMMED = 'monthly';

/** Joins what the owners of applications, messages, events and money counted; what is refused is theirs. */
@Injectable()
export class InsightsService {
  constructor(private readonly owners: InsightsOwnersService) {}

  async summary(member: MemberOfOrganization, query: InsightsQueryDto): Promise<SummaryDto> {
    const { range, applications } = await this.owners.scope(member, query, SUMMED);
    const [{ periods }, incoming, usage] = await Promise.all([
      this.owners.outgoing(range),
      this.owners.incoming(range),
      this.owners.usage(range),
    ]);
    const { total, template } = messageCounts(periods, incoming);
    const { totalMetaCost, totalCost } = costsOf(usage);
    return {
      applicationsCount: applications.length,
      totalMessageCount: total,
      totalTemplateMessageCount: template,
      totalMetaCost,
      totalCost,
    };
  }

  async messages(member: MemberOfOrganization, query: SeriesQueryDto): Promise<MessageSeriesDto> {
    const { range } = await this.owners.scope(member, query, query.granularity);
    const [{ periods, states }, incoming] = await Promise.all([
      this.owners.outgoing(range),
      this.owners.incoming(range),
    ]);
    return {
      stats: messageStats(messageCounts(periods, incoming), states),
      series: messageSeries(range, periods, incoming),
    };
  }

  async categories(member: MemberOfOrganization, query: InsightsQueryDto): Promise<CategoriesDto> {
    const { range } = await this.owners.scope(member, query, SUMMED);
    return { categories: costsOf(await this.owners.usage(range)).categories };
  }

  async breakup(member: MemberOfOrganization, query: BreakupQueryDto): Promise<Page<BreakupDto>> {
    const { range } = await this.owners.scope(member, query, query.granularity);
    const [{ periods }, incoming] = await Promise.all([
      this.owners.outgoing(range),
      this.owners.incoming(range),
    ]);
    const rows = breakup(range, periods, incoming);
    const start = (query.pageNumber - 1) * query.pageSize;
    return pageOf(rows.slice(start, start + query.pageSize), query, rows.length);
  }

  async costs(member: MemberOfOrganization, query: SeriesQueryDto): Promise<CostSeriesDto> {
    const { range } = await this.owners.scope(member, query, query.granularity);
    const usage = await this.owners.usage(range);
    return { stats: { totalCost: costsOf(usage).totalCost }, series: costSeries(range, usage) };
  }

  async costsByApplication(
    member: MemberOfOrganization,
    query: InsightsQueryDto,
  ): Promise<Record<string, ApplicationCostDto>> {
    const { range, applications } = await this.owners.scope(member, query, SUMMED);
    const usage = await this.owners.usageByApplication(range);
    const costs = applications.map(({ id, appId: handle }) => {
      const ofOne = usage.filter(({ appId }) => appId === id);
      const { totalMessageCount, totalMetaCost, totalCost } = costsOf(ofOne);
      return [handle, { totalMessageCount, totalMetaCost, totalCost }] as const;
    });
    return Object.fromEntries(costs);
  }

  async export(member: MemberOfOrganization, query: ExportQueryDto): Promise<ExportRowDto[]> {
    const { range } = await this.owners.scope(member, query, 'daily');
    const [{ periods: outgoing }, incoming, usage] = await Promise.all([
      this.owners.outgoing(range),
      this.owners.incoming(range),
      this.owners.usage(range),
    ]);
    return exportRows(range, { outgoing, incoming, usage });
  }
}
