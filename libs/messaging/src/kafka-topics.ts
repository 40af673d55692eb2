import { ConfigResourceTypes, type Admin, type ITopicConfig } from 'kafkajs';
import { DEAD_LETTER_RETENTION_MS, GROUPS, TOPICS, deadLetterTopic } from '@gateway/contracts';
import type { Logger } from '@gateway/platform';
import { kafkaClient } from './kafka-client';
import type { KafkaConfig } from './kafka-config';
import { pause } from './kafka-run';

/** What `createTopics` did and found. */
export interface TopicsReport {
  readonly created: readonly string[];
  /** How topics that exist differ from the list; nothing of it was changed. */
  readonly drift: readonly string[];
}

/** A topic has more partitions than it should have: keys would move, and Kafka cannot take any away. */
export class PartitionDecreaseError extends Error {
  override readonly name = 'PartitionDecreaseError';

  constructor(topics: readonly string[]) {
    super(`partitions cannot be taken away: ${topics.join('; ')}`);
  }
}

interface WantedTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly settings: Readonly<Record<string, string>>;
}

const WRITABLE_TIMEOUT_MS = 30_000;
const WRITABLE_POLL_MS = 100;
/** More than any record, with room for why it is there. */
const DEAD_LETTER_BYTES_MAX = 5 * 1024 * 1024;

/** Every topic of the list and the dead letters, as they should be. */
export function wantedTopics(config: KafkaConfig): WantedTopic[] {
  const common = {
    'message.timestamp.type': 'LogAppendTime',
    // A batch in a codec that the client lacks would stop its consumer for ever: the broker unpacks it.
    'compression.type': 'uncompressed',
    ...(config.replicationFactor >= 3 && { 'min.insync.replicas': '2' }),
  };
  const topics = Object.entries(TOPICS).map(([topic, spec]) => ({
    topic,
    partitions: spec.partitions === 'path' ? config.pathPartitions : spec.partitions,
    settings: {
      ...common,
      ...keptFor(spec.retentionMs),
      ...('recordBytesMax' in spec && { 'max.message.bytes': String(spec.recordBytesMax) }),
    },
  }));
  const deadLetters = GROUPS.map(({ group }) => deadLetterTopic(group)).map((topic) => ({
    topic,
    partitions: 1,
    settings: {
      ...common,
      ...keptFor(DEAD_LETTER_RETENTION_MS),
      'max.message.bytes': String(DEAD_LETTER_BYTES_MAX),
    },
  }));
  const names = new Set<string>();
  return [...topics, ...deadLetters].filter(({ topic }) => {
    const isNew = !names.has(topic);
    names.add(topic);
    return isNew;
  });
}

const keptFor = (retentionMs: number | 'compact'): Record<string, string> =>
  retentionMs === 'compact'
    ? { 'cleanup.policy': 'compact' }
    : { 'cleanup.policy': 'delete', 'retention.ms': String(retentionMs) };

/**
 * Creates what is missing of the list of topics; what exists is left as it is.
 *
 * @throws PartitionDecreaseError before anything is created
 */
export async function createTopics(config: KafkaConfig, logger: Logger): Promise<TopicsReport> {
  const admin = kafkaClient(config, logger).admin();
  await admin.connect();
  try {
    const wanted = wantedTopics(config);
    const existing = new Set(await admin.listTopics());
    const present = wanted.filter(({ topic }) => existing.has(topic));
    const missing = wanted.filter(({ topic }) => !existing.has(topic));
    const drift = await driftOf(admin, present);
    await create(admin, missing, config.replicationFactor);
    return { created: missing.map(({ topic }) => topic), drift };
  } finally {
    await admin.disconnect();
  }
}

/** The names of all topics at the broker, Kafka's own aside. */
export async function listTopics(config: KafkaConfig, logger: Logger): Promise<string[]> {
  const admin = kafkaClient(config, logger).admin();
  await admin.connect();
  try {
    const names = await admin.listTopics();
    return names.filter((name) => !name.startsWith('__')).sort();
  } finally {
    await admin.disconnect();
  }
}

async function create(
  admin: Admin,
  missing: readonly WantedTopic[],
  replicationFactor: number,
): Promise<void> {
  if (missing.length === 0) return;
  const topics = missing.map(({ topic, partitions, settings }): ITopicConfig => ({
    topic,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  }));
  // False says that somebody created one of them meanwhile, with the same list.
  await admin.createTopics({ topics, waitForLeaders: false });
  await untilWritable(admin, missing);
}

/** A topic is known to the controller before the brokers take records for it. */
async function untilWritable(admin: Admin, created: readonly WantedTopic[]): Promise<void> {
  const until = Date.now() + WRITABLE_TIMEOUT_MS;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({
        topics: created.map(({ topic }) => topic),
      });
      if (topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
    if (Date.now() > until) throw new Error('the new topics have no leaders');
    await pause(WRITABLE_POLL_MS);
  }
}

async function driftOf(admin: Admin, present: readonly WantedTopic[]): Promise<string[]> {
  if (present.length === 0) return [];
  const counts = await partitionCounts(admin, present);
  const decreases: string[] = [];
  const drift: string[] = [];
  for (const { topic, partitions } of present) {
    const count = counts.get(topic) ?? 0;
    const text = `${topic} has ${count} partitions, not ${partitions}`;
    if (count > partitions) decreases.push(text);
    else if (count < partitions) drift.push(text);
  }
  if (decreases.length > 0) throw new PartitionDecreaseError(decreases);
  return [...drift, ...(await settingsDrift(admin, present))];
}

async function partitionCounts(
  admin: Admin,
  present: readonly WantedTopic[],
): Promise<Map<string, number>> {
  const { topics } = await admin.fetchTopicMetadata({ topics: present.map(({ topic }) => topic) });
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}

async function settingsDrift(admin: Admin, present: readonly WantedTopic[]): Promise<string[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: present.map(({ topic, settings }) => ({
      type: ConfigResourceTypes.TOPIC,
      name: topic,
      configNames: Object.keys(settings),
    })),
  });
  const drift: string[] = [];
  for (const { resourceName, configEntries } of resources) {
    const settings = present.find(({ topic }) => topic === resourceName)?.settings ?? {};
    const actual = new Map(configEntries.map((entry) => [entry.configName, entry.configValue]));
    for (const [name, value] of Object.entries(settings)) {
      const found = actual.get(name);
      if (found !== value) drift.push(`${resourceName} has ${name}=${found ?? ''}, not ${value}`);
    }
  }
  return drift;
}
