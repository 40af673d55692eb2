import type { PricedPayload } from './priced';
import type { SettledPayload } from './settled';
import type { ServiceName } from './stages';
import type { TenancyRecord } from './tenancy';

const HOUR_MS = 3_600_000;

interface TopicSpec {
  /** What the record's key is; never a phone number. */
  readonly key: string;
  /** `path`: the configured count, the same on the whole path, so that a key stays in its partition. */
  readonly partitions: 'path' | number;
  readonly retentionMs: number | 'compact';
  /** Only where a record may be larger than Kafka's 1 MiB. */
  readonly recordBytesMax?: number;
  readonly from: readonly ServiceName[];
  /** The consumer groups, one for each concern and no group on two topics; `instance` is a group of each process, which commits nothing. */
  readonly to: readonly { readonly service: ServiceName; readonly group: string }[];
}

/** THE list of topics, in the order of a message's journey. Names carry domain, event and version. */
export const TOPICS = {
  'message.submitted.v1': {
    key: 'app id',
    partitions: 'path',
    retentionMs: HOUR_MS,
    from: ['edge'],
    to: [{ service: 'rate-limiter', group: 'rate-limiter' }],
  },
  'message.admitted.v1': {
    key: 'app id',
    partitions: 'path',
    retentionMs: HOUR_MS,
    from: ['rate-limiter'],
    to: [{ service: 'billing', group: 'billing-hold' }],
  },
  'message.funded.v1': {
    key: 'app id',
    partitions: 'path',
    retentionMs: HOUR_MS,
    from: ['billing'],
    to: [{ service: 'dispatcher', group: 'dispatcher-send' }],
  },
  'message.settled.v1': {
    key: 'app id',
    partitions: 'path',
    retentionMs: 14 * 24 * HOUR_MS,
    from: ['dispatcher'],
    to: [{ service: 'billing', group: 'billing-settle' }],
  },
  'message.priced.v1': {
    key: 'app id',
    partitions: 'path',
    retentionMs: 14 * 24 * HOUR_MS,
    from: ['dispatcher'],
    to: [{ service: 'billing', group: 'billing-price' }],
  },
  'meta.event.v1': {
    key: 'phone number id, else WABA id',
    partitions: 'path',
    retentionMs: 14 * 24 * HOUR_MS,
    // One of Meta's webhooks has up to 3 MB.
    recordBytesMax: 4 * 1_048_576,
    from: ['edge'],
    to: [
      { service: 'webhooks', group: 'webhooks-events' },
      { service: 'dispatcher', group: 'dispatcher-status' },
    ],
  },
  'replies.v1': {
    key: 'message or correlation id',
    partitions: 32,
    retentionMs: HOUR_MS / 6,
    from: ['rate-limiter', 'billing', 'dispatcher', 'auth', 'webhooks'],
    to: [
      { service: 'edge', group: 'instance' },
      { service: 'billing', group: 'instance' },
      { service: 'auth', group: 'instance' },
    ],
  },
  'tenancy.changed.v1': {
    key: 'entity id',
    partitions: 1,
    retentionMs: 'compact',
    from: ['auth'],
    to: [
      { service: 'edge', group: 'instance' },
      { service: 'dispatcher', group: 'instance' },
      { service: 'webhooks', group: 'instance' },
    ],
  },
  'auth.commands.v1': {
    key: 'tenant, else correlation id',
    partitions: 'path',
    retentionMs: HOUR_MS,
    from: ['edge'],
    to: [{ service: 'auth', group: 'auth-commands' }],
  },
  'billing.commands.v1': {
    key: 'tenant, else correlation id',
    partitions: 'path',
    retentionMs: HOUR_MS,
    from: ['edge', 'auth'],
    to: [{ service: 'billing', group: 'billing-commands' }],
  },
  'dispatcher.commands.v1': {
    key: 'tenant, else correlation id',
    partitions: 'path',
    retentionMs: HOUR_MS,
    from: ['edge', 'billing'],
    to: [{ service: 'dispatcher', group: 'dispatcher-commands' }],
  },
  'webhooks.commands.v1': {
    key: 'tenant, else correlation id',
    partitions: 'path',
    retentionMs: HOUR_MS,
    from: ['edge'],
    to: [{ service: 'webhooks', group: 'webhooks-commands' }],
  },
} as const satisfies Record<string, TopicSpec>;

export type TopicName = keyof typeof TOPICS;

/** What a record of each topic carries as its value; `Buffer` where the bytes travel unchanged or sealed. */
interface TopicPayloads {
  'message.submitted.v1': Buffer;
  'message.admitted.v1': Buffer;
  'message.funded.v1': Buffer;
  'message.settled.v1': SettledPayload;
  'message.priced.v1': PricedPayload;
  /** Meta's own structure with one entry, one change, one message or status: bytes cut out of what Meta sent. */
  'meta.event.v1': Buffer;
  'replies.v1': Buffer;
  'tenancy.changed.v1': TenancyRecord;
  'auth.commands.v1': Buffer;
  'billing.commands.v1': Buffer;
  'dispatcher.commands.v1': Buffer;
  'webhooks.commands.v1': Buffer;
}

/**
 * Topic, key and value of a record: a payload that is not the topic's does not compile. Objects travel as JSON, bytes
 * as they are.
 */
export const recordOf = <T extends TopicName>(
  topic: T,
  key: string,
  payload: TopicPayloads[T],
): { readonly topic: T; readonly key: string; readonly value: Buffer | string } => ({
  topic,
  key,
  value: Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
});

/** The consumer groups that commit offsets; each has a dead-letter topic of its own. */
export type GroupName = Exclude<(typeof TOPICS)[TopicName]['to'][number]['group'], 'instance'>;

export const DEAD_LETTER_RETENTION_MS = 14 * 24 * HOUR_MS;

export type DeadLetterTopic = `${GroupName}.dead-letter.v1`;

export const deadLetterTopic = (group: GroupName): DeadLetterTopic => `${group}.dead-letter.v1`;

/** Each shared group with the topic that it consumes. */
export const GROUPS: readonly {
  readonly group: GroupName;
  readonly service: ServiceName;
  readonly topic: TopicName;
}[] = (Object.keys(TOPICS) as TopicName[]).flatMap((topic) =>
  TOPICS[topic].to.flatMap(({ group, service }) =>
    group === 'instance' ? [] : [{ group, service, topic }],
  ),
);
