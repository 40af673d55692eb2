import type { InsightsRange, OutgoingCounts } from './insights';

export const MESSAGE_STATES = [
  'sending',
  'accepted',
  'sent',
  'delivered',
  'read',
  'failed',
  'rejected',
  'expired',
  'unknown',
] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** Meta's error as it stands in `params.meta` of META_* and in a message's record. */
export interface MetaErrorDetails {
  readonly code: number | null;
  readonly subcode: number | null;
  readonly title: string | null;
  readonly details: string | null;
  readonly fbtrace_id: string | null;
}

/** A state that a message has reached. */
export interface StatusRecord {
  readonly state: MessageState;
  /** Of what Meta reports Meta's time. */
  readonly at: string;
  /** Of a failure: why, in plain words, and what to do about it. */
  readonly reason?: string;
}

/** A message as its customer may see it. */
export interface MessageRecord {
  /** UUID of the message. */
  readonly messageId: string;
  readonly wamid: string | null;
  readonly type: string;
  readonly state: MessageState;
  readonly isFake: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** In order of the states. */
  readonly statuses: readonly StatusRecord[];
  readonly error: {
    readonly code: string;
    readonly description: string;
    readonly meta: MetaErrorDetails | null;
  } | null;
}

/** A message with whom it went to. */
export interface AddressedMessageRecord extends MessageRecord {
  /** Masked: the number itself is not kept. Null when it is not known. */
  readonly to: string | null;
}

/** A message of an organization's application, which is named by its handle. */
interface ApplicationOfOrganization {
  readonly orgId: string;
  /** Handle of the application. */
  readonly appId: string;
}

/** What the dispatcher answers. */
export interface DispatcherCommands {
  'message.get': {
    request: {
      orgId: string;
      /** UUID of the application. */
      appId: string;
      /** `wamid...` or the UUID of the message. */
      id: string;
    };
    reply: MessageRecord | null;
  };
  /** The newest first; what only marks a message as read, and repeats of an idempotency key, are not among them. */
  'messages.list': {
    request: ApplicationOfOrganization & {
      /** ISO 8601; messages from then on, up to and without then. */
      from: string | null;
      to: string | null;
      state: MessageState | null;
      /** Digits with country code. */
      recipient: string | null;
      /** Goes on behind this cursor. */
      after: string | null;
      limit: number;
    };
    /** A page may be shorter than asked for although there is a cursor: so much is looked at, and no more. */
    reply: { messages: AddressedMessageRecord[]; nextCursor: string | null };
  };
  /** GW_404 for what is not there. */
  'messages.detail': {
    request: ApplicationOfOrganization & { id: string };
    reply: AddressedMessageRecord;
  };
  /** How many messages were sent, and the states in which they are now; not fakes, nor marks as read. */
  'messages.count': {
    request: InsightsRange;
    reply: {
      periods: readonly OutgoingCounts[];
      /** Of all of them, also of those that Meta never took; states that none is in are left out. */
      states: Readonly<Partial<Record<MessageState, number>>>;
    };
  };
  /** Asks how messages ended; answered by a `message.settled.v1` for each id, and a fence for ids without a row. */
  outcomes: {
    request: { messages: { messageId: string; orgId: string; appId: string }[] };
    reply: { settled: number };
  };
}

export const DISPATCHER_COMMANDS = {
  'message.get': 'reads',
  'messages.list': 'reads',
  'messages.detail': 'reads',
  'messages.count': 'reads',
  outcomes: 'changes',
} as const;
