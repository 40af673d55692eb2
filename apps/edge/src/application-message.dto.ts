import { ApiProperty } from '@nestjs/swagger';
import { MESSAGE_STATES, type MessageRecord, type MessageState } from '@gateway/contracts';
import { OneOfField, PatternField, TimeField, UuidField } from './dto-fields';
import { CursorQueryDto } from './paging';

/** Absent filters let everything through. */
export class MessagesQueryDto extends CursorQueryDto {
  @UuidField({ isOptional: true, description: '`nextCursor` of the page before.' })
  declare readonly after?: string;

  @TimeField({ isOptional: true, description: 'Messages from then on.' })
  readonly from?: string;

  @TimeField({ isOptional: true, description: 'Messages before then.' })
  readonly to?: string;

  @OneOfField(MESSAGE_STATES, { isOptional: true })
  readonly state?: MessageState;

  @PatternField({
    // In a query an unescaped plus is a space.
    pattern: /^[+ ]?[1-9]\d{6,14}$/,
    reason: 'must be a number in E.164, with or without its plus',
    isOptional: true,
    example: '905321234567',
  })
  readonly recipient?: string;
}

class MessageErrorDto {
  @ApiProperty({ type: 'string', example: 'META_002' })
  readonly code!: string;

  @ApiProperty({ type: 'string' })
  readonly description!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  readonly meta!: NonNullable<MessageRecord['error']>['meta'];
}

/** A message in a list of them. */
export class ListedMessageDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ type: 'string', nullable: true, description: "Meta's id, once Meta took it." })
  readonly wamid!: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '+90*****67',
    description: 'Masked: the number itself is not kept.',
  })
  readonly to!: string | null;

  @ApiProperty({ type: 'string', example: 'text' })
  readonly type!: string;

  @ApiProperty({ type: 'string', enum: [...MESSAGE_STATES] })
  readonly state!: MessageState;

  @ApiProperty({ type: 'boolean' })
  readonly isFake!: boolean;

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly updatedAt!: string;

  @ApiProperty({ type: MessageErrorDto, required: false, description: 'Only of what failed.' })
  readonly error?: MessageErrorDto;
}

class TimelineEntryDto {
  @ApiProperty({ type: 'string', enum: [...MESSAGE_STATES] })
  readonly state!: MessageState;

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly at!: string;

  @ApiProperty({ type: 'string', required: false, description: 'Of a failure: why.' })
  readonly reason?: string;
}

/** A message with what became of it. */
export class MessageDetailDto extends ListedMessageDto {
  @ApiProperty({ type: [TimelineEntryDto], description: 'In order of the states.' })
  readonly timeline!: readonly TimelineEntryDto[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '0.001',
    description: 'Charged so far; null while billing does not answer.',
  })
  readonly costUsd!: string | null;
}
