import { TOPICS, type GroupName, type TopicName } from '@gateway/contracts';
import { createLogger, systemClock, type Clock, type Logger } from '@gateway/platform';
import { MemoryProducer } from './memory-producer';
import { MemoryReader } from './memory-reader';
import { MemoryTopic } from './memory-topic';
import { kafkaPartitionOf } from './kafka-partition';
import type { Transport } from './transport';
import type { InboundRecord, TableReader } from './types';

export interface DeadLetter {
  readonly group: GroupName;
  readonly record: InboundRecord;
  readonly reason: string;
}

interface MemoryTransportOptions {
  readonly pathPartitions: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Unique in the process where two transports live in one, as in tests; `standalone` unless given. */
  readonly instanceName?: string;
}

/** The newest dead letters are kept, to be looked at; all are logged and counted. */
const DEAD_LETTERS_MAX = 1_000;

/**
 * The in-process broker of the standalone profile: topics, partitions by key, groups, batches, bounded queues and
 * redelivery as on Kafka, nothing durable. What must not be lost is kept by whoever produced it until its record is
 * acknowledged.
 */
export class MemoryTransport implements Transport {
  readonly kind = 'memory';
  readonly instanceName: string;
  readonly pathPartitions: number;
  readonly producer: MemoryProducer;
  readonly replyProducer: MemoryProducer;
  readonly brokerClock: { readonly offsetMs: number; nowMs(): number };
  readonly tables: TableReader = { read: (topic, onRecords) => this.readTable(topic, onRecords) };
  /** Oldest first. */
  readonly deadLetters: DeadLetter[] = [];
  private readonly topics = new Map<TopicName, MemoryTopic>();
  private readonly clock: Clock;
  private readonly logger: Logger;
  private isConnected = false;

  constructor({ pathPartitions, clock, logger, instanceName }: MemoryTransportOptions) {
    this.pathPartitions = pathPartitions;
    this.instanceName = instanceName ?? 'standalone';
    this.clock = clock ?? systemClock;
    this.logger = logger ?? createLogger({ service: 'messaging', level: 'warn' });
    this.brokerClock = { offsetMs: 0, nowMs: () => this.clock.nowMs() };
    const producer = { topicOf: (name: TopicName) => this.topic(name), clock: this.clock };
    this.producer = new MemoryProducer(producer);
    this.replyProducer = new MemoryProducer(producer);
  }

  partitionOf(key: string): number {
    return kafkaPartitionOf(key, this.pathPartitions);
  }

  topic(name: TopicName): MemoryTopic {
    let topic = this.topics.get(name);
    if (!topic) {
      const { partitions } = TOPICS[name];
      const count = partitions === 'path' ? this.pathPartitions : partitions;
      topic = new MemoryTopic(name, count, this.clock);
      this.topics.set(name, topic);
    }
    return topic;
  }

  /** All handlers of this process are there: groups without one will never come. */
  forgetAbsentGroups(): void {
    for (const name of Object.keys(TOPICS) as TopicName[]) this.topic(name).forgetAbsentGroups();
  }

  readPartition(
    topic: TopicName,
    partition: number,
    onRecords: (records: readonly InboundRecord[]) => void,
  ): Promise<void> {
    this.topic(topic).read(partition, new MemoryReader(onRecords, this.logger));
    return Promise.resolve();
  }

  deadLetter(group: GroupName, record: InboundRecord, reason: string): Promise<void> {
    this.deadLetters.push({ group, record, reason });
    if (this.deadLetters.length > DEAD_LETTERS_MAX) this.deadLetters.shift();
    return Promise.resolve();
  }

  problems(): readonly string[] {
    return this.isConnected ? [] : ['the in-process broker is not connected'];
  }

  connect(): Promise<void> {
    this.isConnected = true;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.isConnected = false;
    this.producer.close();
    this.replyProducer.close();
    return Promise.resolve();
  }

  private readTable(
    name: TopicName,
    onRecords: (records: readonly InboundRecord[]) => void,
  ): ReturnType<TableReader['read']> {
    const topic = this.topic(name);
    const reader = new MemoryReader(onRecords, this.logger);
    const replay = (): Promise<void> => {
      reader.replay(topic.newest());
      return Promise.resolve();
    };
    topic.readAll(reader);
    return replay().then(() => ({ resync: replay, lastFetchAtMs: () => this.clock.nowMs() }));
  }
}

/** The in-process broker, for the standalone profile and for tests. */
export const createMemoryTransport = (options: MemoryTransportOptions): MemoryTransport =>
  new MemoryTransport(options);
