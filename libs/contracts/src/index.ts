export {
  API_KEY_ALPHABET,
  API_KEY_PREFIXES,
  API_KEY_RANDOM_LENGTH,
  TEST_NUMBER_HASH_PREFIX,
  formatApiKey,
  isApiKey,
} from './api-key-format';
export { SERVICES, STAGES, type ServiceName } from './stages';
export {
  DEAD_LETTER_RETENTION_MS,
  GROUPS,
  TOPICS,
  deadLetterTopic,
  recordOf,
  type GroupName,
  type TopicName,
} from './topics';
export {
  MESSAGE_TYPES,
  decodeJourney,
  encodeJourney,
  encodeRateState,
  text,
  type Journey,
  type MessageType,
  type RateState,
  type RecordHeaders,
  type RequestType,
} from './journey';
export { decodeReply, encodeReply, type Reply } from './reply';
export { OUTCOMES, parseSettled, type Outcome, type SettledPayload } from './settled';
export {
  WATERMARK_INTERVAL_MS,
  WATERMARK_STALE_MS,
  type ApplicationContext,
  type ApplicationStatus,
  type KeyContext,
  type KeyEnvironment,
  type OrganizationContext,
  type SessionContext,
  type TenancyRecord,
} from './tenancy';
export {
  ACCESS_TOKEN,
  ROLES,
  parseAccessTokenClaims,
  type AccessTokenClaims,
  type Role,
} from './access-token';
export { isApplicationContext, isKeyContext, parseTenancyRecord } from './tenancy-record';
export {
  COMMANDS,
  type CommandName,
  type CommandReply,
  type CommandRequest,
  type CommandService,
} from './commands';
export type {
  ClientOrigin,
  OrganizationRecord,
  PasswordResetProof,
  SessionReference,
  SessionTokens,
  UserRecord,
} from './account-commands';
export type {
  ApplicationRecord,
  ApplicationReference,
  ApplicationSummary,
  ChannelRecord,
  TestNumberRecord,
} from './application-commands';
export type { MemberRecord, MemberReference } from './organization-commands';
export type { ApiKeyRecord } from './auth-commands';
export {
  LEDGER_KINDS,
  type BillingAccount,
  type LedgerEntryRecord,
  type LedgerKind,
  type WalletRecord,
} from './billing-commands';
export {
  MESSAGE_STATES,
  type AddressedMessageRecord,
  type MessageRecord,
  type MessageState,
  type StatusRecord,
  type MetaErrorDetails,
} from './dispatcher-commands';
export {
  GRANULARITIES,
  countedRange,
  type CountedRange,
  type Granularity,
  type IncomingCounts,
  type InsightsRange,
  type OutgoingCounts,
  type UsageOfApplication,
  type UsageOfPeriod,
} from './insights';
export { parsePriced, type PricedPayload } from './priced';
export { CUSTOMER_EVENTS, parseMetaEvent, type CustomerEvent, type MetaEvent } from './meta-event';
export {
  CUSTOMER_CALLBACK_CHARACTERS_MAX,
  callbackPrefix,
  parseCallbackData,
} from './callback-data';
export { withCallbackData, withoutCallbackPrefix } from './callback-bytes';
export { isJsonObject } from './json-text';
export {
  DELIVERY_STATES,
  REPLAY_STATES,
  type DeliveryRecord,
  type DeliveryState,
  type ReplayRecord,
  type SubscribedEvents,
  type WebhookEndpointRecord,
  type WebhookTestResult,
} from './webhooks-commands';
export { dayMs, timeMs } from './times';
export { isUuid, objectOf } from './untrusted';
