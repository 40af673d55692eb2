import type { components } from './schema';

type Schemas = components['schemas'];

/** Of a page and of a part that a cursor leads to, both. */
export type PagingMetadata = Schemas['PagingMetadataDto'] & { nextCursor: string | null };
export type Tokens = Schemas['TokensDto'];
export type Member = Schemas['MemberDto'];
export type Role = Member['role'];
export type Application = Schemas['ApplicationSummaryDto'];
export type ApiKey = Schemas['ApiKeyDto'];
export type NewApiKey = Schemas['NewApiKeyDto'];
export type TestNumber = Schemas['TestNumberDto'];
export type Webhook = Schemas['WebhookDto'];
export type WebhookChange = Schemas['WebhookChangeDto'];
export type SubscribedEvents = Schemas['SubscribedEventsDto'];
export type WebhookTest = Schemas['WebhookTestResultDto'];
export type Delivery = Schemas['DeliveryDto'];
export type DeliveryAttempt = Schemas['DeliveryAttemptDto'];
export type Message = Schemas['ListedMessageDto'];
export type MessageDetail = Schemas['MessageDetailDto'];
export type Balance = Schemas['BalanceDto'];
