import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { GRANULARITIES, dayMs, type Granularity } from '@gateway/contracts';
import { ValidateBy, type ValidationArguments } from 'class-validator';
import { INSIGHT_CATEGORIES, type InsightCategory } from './domain/insights-costs';
import { DAYS_DEFAULT } from './domain/insights-periods';
import { DayField, OneOfField, PatternField } from './dto-fields';
import { PageQueryDto } from './paging';

const UP_TO_TODAY = `Absent: ${DAYS_DEFAULT} days up to the last one.`;

const StartField = (isOptional: boolean): PropertyDecorator =>
  DayField({
    isOptional,
    description: `First day, of UTC.${isOptional ? ` ${UP_TO_TODAY}` : ''}`,
    example: '2026-11-01',
  });

const EndField = (isOptional: boolean): PropertyDecorator =>
  applyDecorators(
    DayField({
      isOptional,
      description: `Last day, which is included.${isOptional ? ' Absent: today.' : ''}`,
      example: '2026-11-30',
    }),
    ValidateBy(
      { name: 'order', validator: { validate: isNotBeforeStart } },
      { message: 'must not lie before startDate' },
    ),
  );

/** What is no day is told by the fields themselves. */
function isNotBeforeStart(value: unknown, args?: ValidationArguments): boolean {
  const start = dayMs((args?.object as { startDate?: unknown } | undefined)?.startDate);
  const end = dayMs(value);
  return start === null || end === null || start <= end;
}

const AppField = (): PropertyDecorator =>
  PatternField({
    pattern: /^[A-Za-z0-9_-]{1,100}$/,
    reason: 'must be the handle of an application',
    isOptional: true,
    description: 'Handle of one application; absent: all of the organization.',
    example: 'demo',
  });

const GranularityField = (): PropertyDecorator =>
  applyDecorators(
    OneOfField(Object.keys(GRANULARITIES), {
      isOptional: true,
      description: 'Weeks begin on Monday. A hourly series has 31 days at most, a daily one 1100.',
    }),
    ApiProperty({ default: 'daily', required: false }),
  );

/** Which messages insights are about. */
export class InsightsQueryDto {
  @StartField(true)
  readonly startDate?: string;

  @EndField(true)
  readonly endDate?: string;

  @AppField()
  readonly appId?: string;
}

export class SeriesQueryDto extends InsightsQueryDto {
  @GranularityField()
  readonly granularity: Granularity = 'daily';
}

export class BreakupQueryDto extends PageQueryDto {
  @StartField(true)
  readonly startDate?: string;

  @EndField(true)
  readonly endDate?: string;

  @AppField()
  readonly appId?: string;

  @GranularityField()
  readonly granularity: Granularity = 'daily';
}

export class ExportQueryDto {
  @StartField(false)
  readonly startDate!: string;

  @EndField(false)
  readonly endDate!: string;

  @AppField()
  readonly appId?: string;
}

const Count = (description?: string): PropertyDecorator =>
  ApiProperty({
    type: 'integer',
    minimum: 0,
    ...(description === undefined ? {} : { description }),
  });

const Dollars = (description?: string): PropertyDecorator =>
  ApiProperty({
    type: 'number',
    minimum: 0,
    example: 0.0119,
    ...(description === undefined ? {} : { description }),
  });

const PeriodStart = (): PropertyDecorator =>
  ApiProperty({ type: 'string', format: 'date-time', description: 'When the period begins.' });

export class SummaryDto {
  @Count()
  readonly applicationsCount!: number;

  @Count('Messages that Meta took, and those that came in.')
  readonly totalMessageCount!: number;

  @Count()
  readonly totalTemplateMessageCount!: number;

  @Dollars("Meta's fees.")
  readonly totalMetaCost!: number;

  @Dollars("Meta's fees and the gateway's.")
  readonly totalCost!: number;
}

class MessageCountsDto {
  @Count('`incoming` and `outgoing`.')
  readonly total!: number;

  @Count()
  readonly incoming!: number;

  @Count('Messages that Meta took; neither fakes nor marks as read.')
  readonly outgoing!: number;

  @Count('Of `outgoing`.')
  readonly template!: number;
}

/** Besides the totals: how many messages are in each state by now. */
class MessageStatsDto extends MessageCountsDto {
  @Count()
  readonly accepted!: number;

  @Count()
  readonly sent!: number;

  @Count()
  readonly delivered!: number;

  @Count()
  readonly read!: number;

  @Count('Meta took them and could not deliver them.')
  readonly failed!: number;

  @Count('Refused; not in `outgoing`.')
  readonly rejected!: number;

  @Count('Not sent in time; not in `outgoing`.')
  readonly expired!: number;

  @Count('Meta did not answer; not in `outgoing` unless a status tells that they were sent.')
  readonly unknown!: number;
}

class MessagePeriodDto extends MessageCountsDto {
  @PeriodStart()
  readonly timestamp!: string;
}

export class MessageSeriesDto {
  @ApiProperty({ type: MessageStatsDto })
  readonly stats!: MessageStatsDto;

  @ApiProperty({ type: [MessagePeriodDto], description: 'A row for each period, in order.' })
  readonly series!: readonly MessagePeriodDto[];
}

const CategoryField = (): PropertyDecorator =>
  ApiProperty({
    type: 'string',
    enum: [...INSIGHT_CATEGORIES],
    description:
      '`service`: what is no template. `other`: templates that Meta charged nothing for, yet or because they were free.',
  });

class CategoryCostDto {
  @CategoryField()
  readonly category!: InsightCategory;

  @Count()
  readonly messageCount!: number;

  @Dollars()
  readonly metaCost!: number;

  @Dollars()
  readonly totalCost!: number;
}

export class CategoriesDto {
  @ApiProperty({ type: [CategoryCostDto] })
  readonly categories!: readonly CategoryCostDto[];
}

class CostStatsDto {
  @Dollars()
  readonly totalCost!: number;
}

class PeriodCategoryDto {
  @CategoryField()
  readonly category!: InsightCategory;

  @Count()
  readonly messageCount!: number;

  @Dollars()
  readonly totalCost!: number;
}

class CostPeriodDto {
  @PeriodStart()
  readonly timestamp!: string;

  @Dollars()
  readonly totalCost!: number;

  @Count('Messages that were charged.')
  readonly totalMessageCount!: number;

  @ApiProperty({ type: [PeriodCategoryDto] })
  readonly categories!: readonly PeriodCategoryDto[];
}

export class CostSeriesDto {
  @ApiProperty({ type: CostStatsDto })
  readonly stats!: CostStatsDto;

  @ApiProperty({ type: [CostPeriodDto], description: 'A row for each period, in order.' })
  readonly series!: readonly CostPeriodDto[];
}

export class ApplicationCostDto {
  @Count('Messages that were charged.')
  readonly totalMessageCount!: number;

  @Dollars()
  readonly totalMetaCost!: number;

  @Dollars()
  readonly totalCost!: number;
}

export class BreakupDto {
  @ApiProperty({
    type: 'string',
    example: '2026-11-28',
    description: 'First day of the period; when hourly its time, 2026-11-28T13:00:00.000Z.',
  })
  readonly date!: string;

  @Count()
  readonly templateSent!: number;

  @Count()
  readonly outgoingSession!: number;

  @Count()
  readonly incomingSession!: number;
}

const Charged = (): PropertyDecorator => Count('That Meta charged on this day.');
const Conversations = (): PropertyDecorator =>
  Count('0: Meta charges by message since July 2025, and counts no conversations any more.');

export class ExportRowDto {
  @ApiProperty({ type: 'string', format: 'date' })
  readonly date!: string;

  @Count()
  readonly templateSentMessages!: number;

  @Count()
  readonly sessionSentMessages!: number;

  @Count()
  readonly sessionReceivedMessages!: number;

  @Charged()
  readonly marketingTemplates!: number;

  @Count('Sent by the Marketing Messages endpoint.')
  readonly marketingTemplatesMmLite!: number;

  @Charged()
  readonly utilityTemplates!: number;

  @Charged()
  readonly authenticationTemplates!: number;

  @Conversations()
  readonly marketingConversations!: number;

  @Conversations()
  readonly authenticationConversations!: number;

  @Conversations()
  readonly utilityConversations!: number;

  @Conversations()
  readonly serviceConversations!: number;

  @Conversations()
  readonly totalFreeConversations!: number;

  @Conversations()
  readonly totalPaidConversations!: number;
}
