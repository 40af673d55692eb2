import type { IncomingCounts, InsightsRange } from './insights';
import type { CustomerEvent } from './meta-event';

/** Whose webhook a command is about, by the application's handle; an application of another organization does not exist. */
interface OfApplication {
  readonly orgId: string;
  readonly appId: string;
}

/** Who changes something, for the audit log. */
interface ByUser {
  readonly userId: string;
}

export type SubscribedEvents = Readonly<Record<CustomerEvent, boolean>>;

/** An endpoint as its owner reads it: never its secrets, header values in clear. */
export interface WebhookEndpointRecord {
  readonly id: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly subscribedEvents: SubscribedEvents;
  readonly hubSignature: boolean;
  readonly isActive: boolean;
  /** Why it is not active: `by_owner`, `gone` (410), `asked_by_receiver`, `failing` (5 days); null while it is. */
  readonly disabledReason: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const DELIVERY_STATES = [
  'pending',
  'held',
  'delivered',
  'exhausted',
  'parked',
  'canceled',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One attempt of a delivery, in order of `number`. */
interface DeliveryAttempt {
  readonly number: number;
  readonly startedAt: string;
  readonly durationMs: number | null;
  /** `http_200`, `timeout`, `dns_error`, `interrupted`, ... */
  readonly code: string;
  readonly statusCode: number | null;
  readonly response: {
    readonly body: string;
    readonly encoding: 'utf8' | 'base64';
    readonly isTruncated: boolean;
  } | null;
}

export interface DeliveryRecord {
  readonly id: string;
  /** What the receiver sees as `webhook-id`. */
  readonly webhookId: string;
  readonly event: CustomerEvent;
  readonly state: DeliveryState;
  /** Our message that a status is about, `msg_...`; else null. */
  readonly messageId: string | null;
  readonly createdAt: string;
  readonly nextAttemptAt: string | null;
  readonly attempts: readonly DeliveryAttempt[];
}

export const REPLAY_STATES = ['running', 'done', 'canceled'] as const;

export interface ReplayRecord {
  readonly id: string;
  readonly state: (typeof REPLAY_STATES)[number];
  /** Events in the range that it sends, and how many of them it has queued. */
  readonly total: number;
  readonly done: number;
}

/** What the receiver answered to a test event. */
export interface WebhookTestResult {
  readonly isDelivered: boolean;
  readonly code: string;
  readonly statusCode: number | null;
  readonly durationMs: number;
  readonly response: DeliveryAttempt['response'];
}

/** What webhooks answers. */
export interface WebhooksCommands {
  'endpoint.get': { request: OfApplication; reply: WebhookEndpointRecord | null };
  /** What is absent stays; `subscribedEvents` merges by key. The first call needs `url`. */
  'endpoint.upsert': {
    request: OfApplication &
      ByUser & {
        url?: string;
        subscribedEvents?: Partial<SubscribedEvents>;
        /** The whole map. */
        headers?: Readonly<Record<string, string>>;
        /** The Bearer secret; write-only. */
        secret?: string;
        hubSignature?: boolean;
        isActive?: boolean;
      };
    /** On first creation with `signingSecret`, and with `secret` when it was generated: this once. */
    reply: WebhookEndpointRecord & {
      readonly isCreated: boolean;
      readonly signingSecret?: string;
      readonly secret?: string;
    };
  };
  'endpoint.delete': { request: OfApplication & ByUser; reply: null };
  'endpoint.rotate': {
    /** Hours that the old signing secret still signs beside the new one; 24 when absent. */
    request: OfApplication & ByUser & { overlapHours?: number };
    reply: { readonly signingSecret: string };
  };
  /** Sends a made-up event at once, once, outside of every queue. */
  'endpoint.test': { request: OfApplication; reply: WebhookTestResult };
  /** Posts what a user wrote to a URL of his, once, with nothing of the endpoint's. */
  'target.test': {
    request: OfApplication & { targetUrl: string; payload: string };
    reply: WebhookTestResult;
  };
  /** Newest first; by the time of the event. */
  'deliveries.list': {
    request: OfApplication & {
      pageNumber: number;
      pageSize: number;
      state?: DeliveryState;
      event?: CustomerEvent;
      /** ISO 8601 with an offset. */
      from?: string;
      to?: string;
    };
    reply: { readonly deliveries: readonly DeliveryRecord[]; readonly totalCount: number };
  };
  /** How many messages came in. */
  'messages.count': { request: InsightsRange; reply: readonly IncomingCounts[] };
  /** Refused with GW_011 while an attempt is in flight. */
  'deliveries.resend': {
    request: OfApplication & ByUser & { deliveryId: string };
    reply: DeliveryRecord;
  };
  /** Refused with GW_011 while another replay of the endpoint runs. */
  'replays.create': {
    request: OfApplication & ByUser & { from: string; to: string; includeDelivered?: boolean };
    reply: ReplayRecord;
  };
  'replays.get': { request: OfApplication & { replayId: string }; reply: ReplayRecord };
  /** Nothing more is queued; what is queued already goes out. */
  'replays.cancel': { request: OfApplication & ByUser & { replayId: string }; reply: null };
}

export const WEBHOOKS_COMMANDS = {
  'endpoint.get': 'reads',
  'endpoint.upsert': 'changes',
  'endpoint.delete': 'changes',
  'endpoint.rotate': 'changes',
  'endpoint.test': 'reads',
  'target.test': 'reads',
  'deliveries.list': 'reads',
  'messages.count': 'reads',
  'deliveries.resend': 'changes',
  'replays.create': 'changes',
  'replays.get': 'reads',
  'replays.cancel': 'changes',
} as const;
