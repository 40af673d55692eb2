import { Get, Query } from '@nestjs/common';
import { Answers } from './answers';
import type { MemberOfOrganization } from './domain/access';
import {
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
import { InsightsService } from './insights.service';
import { Access, ManagementController, Member } from './management-api';
import type { Page } from './paging';

/** How much was sent and received, and what it cost. */
@ManagementController('channels/whatsapp/insights', 'insights')
export class InsightsController {
  constructor(private readonly insights: InsightsService) {}

  @Get('summary')
  @Access('insights', { beforeOrganization: 'record' })
  @Answers({
    summary: 'Sum up messages and costs',
    description: 'Messages count by when they were sent, costs by when they were charged.',
    data: SummaryDto,
    isNullable: true,
  })
  summary(
    @Member() member: MemberOfOrganization,
    @Query() query: InsightsQueryDto,
  ): Promise<SummaryDto> {
    return this.insights.summary(member, query);
  }

  @Get('messages')
  @Access('insights', { beforeOrganization: 'record' })
  @Answers({
    summary: 'Count messages by period',
    description: 'Fresh: a message counts as soon as its outcome is known.',
    data: MessageSeriesDto,
    isNullable: true,
  })
  messages(
    @Member() member: MemberOfOrganization,
    @Query() query: SeriesQueryDto,
  ): Promise<MessageSeriesDto> {
    return this.insights.messages(member, query);
  }

  @Get('messages/categories')
  @Access('insights', { beforeOrganization: 'record' })
  @Answers({ summary: 'Sum up costs by category', data: CategoriesDto, isNullable: true })
  categories(
    @Member() member: MemberOfOrganization,
    @Query() query: InsightsQueryDto,
  ): Promise<CategoriesDto> {
    return this.insights.categories(member, query);
  }

  @Get('messages/breakup')
  @Access('insights', { beforeOrganization: 'page' })
  @Answers({
    summary: 'Count messages by period and kind, in pages',
    data: [BreakupDto],
    paging: 'pages',
  })
  breakup(
    @Member() member: MemberOfOrganization,
    @Query() query: BreakupQueryDto,
  ): Promise<Page<BreakupDto>> {
    return this.insights.breakup(member, query);
  }

  @Get('messaging-cost')
  @Access('insights', { beforeOrganization: 'record' })
  @Answers({ summary: 'Sum up costs by period', data: CostSeriesDto, isNullable: true })
  costs(
    @Member() member: MemberOfOrganization,
    @Query() query: SeriesQueryDto,
  ): Promise<CostSeriesDto> {
    return this.insights.costs(member, query);
  }

  @Get('messaging-cost/apps')
  @Access('insights', { beforeOrganization: 'record' })
  @Answers({
    summary: 'Sum up costs by application',
    description: 'By the handle of each application.',
    data: ApplicationCostDto,
    isByName: true,
    isNullable: true,
  })
  costsByApplication(
    @Member() member: MemberOfOrganization,
    @Query() query: InsightsQueryDto,
  ): Promise<Record<string, ApplicationCostDto>> {
    return this.insights.costsByApplication(member, query);
  }

  @Get('export')
  @Access('insights', { beforeOrganization: 'list' })
  @Answers({ summary: 'Get all counts by day', data: [ExportRowDto] })
  export(
    @Member() member: MemberOfOrganization,
    @Query() query: ExportQueryDto,
  ): Promise<ExportRowDto[]> {
    return this.insights.export(member, query);
  }
}
