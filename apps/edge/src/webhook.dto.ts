import { ApiProperty } from '@nestjs/swagger';
import { CUSTOMER_EVENTS, DELIVERY_STATES, REPLAY_STATES } from '@gateway/contracts';
import {
  BooleanField,
  IntegerField,
  JsonTextField,
  ObjectField,
  OneOfField,
  PatternField,
  SecretField,
  TextMapField,
  TimeField,
} from './dto-fields';
import { PageQueryDto } from './paging';

const URL_CHARACTERS_MAX = 2_048;
const HEADERS_MAX = 20;
const OVERLAP_HOURS_MAX = 168;
const PAYLOAD_CHARACTERS_MAX = 10_000;
const URL_RULE = 'An https URL that leads to a public address.';

/** Which events go to the endpoint; what is absent stays, at creation true. */
export class SubscribedEventsChangeDto {
  @BooleanField({ isOptional: true })
  readonly messages?: boolean;

  @BooleanField({ isOptional: true })
  readonly message_status?: boolean;

  @BooleanField({ isOptional: true })
  readonly read?: boolean;

  @BooleanField({ isOptional: true })
  readonly message_template_status?: boolean;

  @BooleanField({ isOptional: true })
  readonly account?: boolean;
}

/** Any of the fields; what is absent stays. The first call needs `url`. */
export class WebhookChangeDto {
  @SecretField({ charactersMax: URL_CHARACTERS_MAX, isOptional: true, description: URL_RULE })
  readonly url?: string;

  @ObjectField(() => SubscribedEventsChangeDto, { isOptional: true })
  readonly subscribedEvents?: SubscribedEventsChangeDto;

  @TextMapField({
    entriesMax: HEADERS_MAX,
    isOptional: true,
    description: 'The whole map; an `Authorization` among them replaces the Bearer line.',
  })
  readonly headers?: Readonly<Record<string, string>>;

  @PatternField({
    pattern: /^[\x21-\x7e]{32,256}$/,
    reason: 'must be 32 to 256 visible ASCII characters',
    isOptional: true,
    description: 'The Bearer secret; write-only, and made here when none is given at creation.',
  })
  readonly secret?: string;

  @BooleanField({ isOptional: true, description: 'Adds `X-Hub-Signature-256`, as Meta signs.' })
  readonly hubSignature?: boolean;

  @BooleanField({ isOptional: true })
  readonly isActive?: boolean;
}

export class SubscribedEventsDto {
  @ApiProperty({ type: 'boolean' })
  readonly messages!: boolean;

  @ApiProperty({ type: 'boolean' })
  readonly message_status!: boolean;

  @ApiProperty({ type: 'boolean' })
  readonly read!: boolean;

  @ApiProperty({ type: 'boolean' })
  readonly message_template_status!: boolean;

  @ApiProperty({ type: 'boolean' })
  readonly account!: boolean;
}

export class WebhookDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ type: 'string', format: 'uri' })
  readonly url!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    selfRequired: false,
    description: 'Only for who may change it.',
  })
  readonly headers?: Readonly<Record<string, string>>;

  @ApiProperty({ type: SubscribedEventsDto })
  readonly subscribedEvents!: SubscribedEventsDto;

  @ApiProperty({ type: 'boolean' })
  readonly hubSignature!: boolean;

  @ApiProperty({ type: 'boolean' })
  readonly isActive!: boolean;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Why it is not active; null while it is.',
  })
  readonly disabledReason!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly updatedAt!: string;
}

/** The record, and on first creation the secrets that were made, this once. */
export class ChangedWebhookDto extends WebhookDto {
  @ApiProperty({ type: 'string', required: false, description: 'Only on first creation.' })
  readonly signingSecret?: string;

  @ApiProperty({
    type: 'string',
    required: false,
    description: 'The Bearer secret, only on first creation without one.',
  })
  readonly secret?: string;
}

export class RotationDto {
  @IntegerField({
    min: 0,
    max: OVERLAP_HOURS_MAX,
    isOptional: true,
    description: 'How long the old secret signs beside the new one; 24 when absent.',
  })
  readonly overlapHours?: number;
}

export class SigningSecretDto {
  @ApiProperty({ type: 'string', description: 'Shown this once.' })
  readonly signingSecret!: string;
}

class CapturedResponseDto {
  @ApiProperty({ type: 'string', description: 'At most its first 16 KiB.' })
  readonly body!: string;

  @ApiProperty({ type: 'string', enum: ['utf8', 'base64'] })
  readonly encoding!: 'utf8' | 'base64';

  @ApiProperty({ type: 'boolean' })
  readonly isTruncated!: boolean;
}

/** What a receiver answered to one call. */
export class WebhookTestResultDto {
  @ApiProperty({ type: 'boolean', description: 'The receiver answered 2xx in time.' })
  readonly isDelivered!: boolean;

  @ApiProperty({ type: 'string', example: 'http_200' })
  readonly code!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  readonly statusCode!: number | null;

  @ApiProperty({ type: 'integer' })
  readonly durationMs!: number;

  @ApiProperty({ type: CapturedResponseDto, nullable: true })
  readonly response!: CapturedResponseDto | null;
}

export class TargetTestDto {
  @SecretField({ charactersMax: URL_CHARACTERS_MAX, description: URL_RULE })
  readonly targetUrl!: string;

  @JsonTextField({ charactersMax: PAYLOAD_CHARACTERS_MAX })
  readonly payload!: string;
}

export class DeliveriesQueryDto extends PageQueryDto {
  @OneOfField(DELIVERY_STATES, { isOptional: true })
  readonly state?: (typeof DELIVERY_STATES)[number];

  @OneOfField(CUSTOMER_EVENTS, { isOptional: true })
  readonly event?: (typeof CUSTOMER_EVENTS)[number];

  @TimeField({ isOptional: true })
  readonly from?: string;

  @TimeField({ isOptional: true })
  readonly to?: string;
}

class DeliveryAttemptDto {
  @ApiProperty({ type: 'integer', minimum: 1 })
  readonly number!: number;

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly startedAt!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  readonly durationMs!: number | null;

  @ApiProperty({ type: 'string', example: 'http_503' })
  readonly code!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  readonly statusCode!: number | null;

  @ApiProperty({ type: CapturedResponseDto, nullable: true })
  readonly response!: CapturedResponseDto | null;
}

export class DeliveryDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ type: 'string', description: 'What the receiver sees as `webhook-id`.' })
  readonly webhookId!: string;

  @ApiProperty({ type: 'string', enum: [...CUSTOMER_EVENTS] })
  readonly event!: (typeof CUSTOMER_EVENTS)[number];

  @ApiProperty({ type: 'string', enum: [...DELIVERY_STATES] })
  readonly state!: (typeof DELIVERY_STATES)[number];

  @ApiProperty({ type: 'string', nullable: true, description: 'The message it is about.' })
  readonly messageId!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  readonly nextAttemptAt!: string | null;

  @ApiProperty({ type: [DeliveryAttemptDto] })
  readonly attempts!: readonly DeliveryAttemptDto[];
}

export class ReplayRangeDto {
  @TimeField()
  readonly from!: string;

  @TimeField()
  readonly to!: string;

  @BooleanField({ isOptional: true, description: 'What was delivered is sent again too.' })
  readonly includeDelivered?: boolean;
}

export class ReplayDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ type: 'string', enum: [...REPLAY_STATES] })
  readonly state!: (typeof REPLAY_STATES)[number];

  @ApiProperty({ type: 'integer', minimum: 0 })
  readonly total!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  readonly done!: number;
}
