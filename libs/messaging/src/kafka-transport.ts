import type { Kafka } from 'kafkajs';
import { TOPICS, deadLetterTopic, type GroupName, type TopicName } from '@gateway/contracts';
import type { Logger } from '@gateway/platform';
import type { HandledTopic, RunnerEvents } from './batch-runner';
import { reasonOf } from './failure';
import { KafkaBrokerClock } from './kafka-broker-clock';
import { kafkaClient } from './kafka-client';
import type { KafkaConfig } from './kafka-config';
import { KafkaConsumer } from './kafka-consumer';
import { KafkaLogReader } from './kafka-log-reader';
import { kafkaPartitionOf } from './kafka-partition';
import { KafkaProducer } from './kafka-producer';
import { longer, pause } from './kafka-run';
import type { Transport } from './transport';
import type { InboundRecord, TableReader } from './types';

export interface KafkaTransportOptions {
  readonly logger: Logger;
  /** A failure that nothing here mends; the process ends with status 1 unless told otherwise. */
  readonly onFatal?: (error: unknown) => void;
}

const PATH_REQUESTS_MAX = 4;
const REPLY_REQUESTS_MAX = 4;
const FLUSH_TIMEOUT_MS = 10_000;
const RAW_HEADER_BYTES_MAX = 65_536;

/** Apache Kafka behind the `Transport` of this library. */
export class KafkaTransport implements Transport {
  readonly kind = 'kafka';
  readonly brokerClock = new KafkaBrokerClock();
  readonly producer: KafkaProducer;
  readonly replyProducer: KafkaProducer;
  readonly tables: TableReader = { read: (topic, onRecords) => this.readTable(topic, onRecords) };
  private readonly kafka: Kafka;
  private readonly kafkaUnrepeated: Kafka;
  private readonly consumers: KafkaConsumer[] = [];
  private readonly readers: KafkaLogReader[] = [];
  private connecting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    readonly config: KafkaConfig,
    private readonly options: KafkaTransportOptions,
  ) {
    this.kafka = kafkaClient(config, options.logger);
    this.kafkaUnrepeated = kafkaClient(config, options.logger, { isRepeating: false });
    this.producer = this.newProducer('path', PATH_REQUESTS_MAX);
    this.replyProducer = this.newProducer('replies', REPLY_REQUESTS_MAX);
  }

  get instanceName(): string {
    return this.config.clientId;
  }

  get pathPartitions(): number {
    return this.config.pathPartitions;
  }

  partitionOf(key: string): number {
    return kafkaPartitionOf(key, this.pathPartitions);
  }

  /** A consumer of one group; the server starts and closes it. */
  consumer(handled: HandledTopic, events: RunnerEvents): KafkaConsumer {
    const { logger } = this.options;
    const consumer = new KafkaConsumer({
      kafka: this.kafka,
      clientId: this.config.clientId,
      handled,
      events,
      logger,
      deadLetter: (...letter) => this.deadLetter(...letter),
      onFatal: (error) => {
        this.end(error);
      },
    });
    this.consumers.push(consumer);
    return consumer;
  }

  async readPartition(
    topic: TopicName,
    partition: number,
    onRecords: (records: readonly InboundRecord[]) => void,
  ): Promise<void> {
    await this.reader(topic, onRecords, partition).start();
  }

  async deadLetter(group: GroupName, record: InboundRecord, reason: string): Promise<void> {
    const { topic, partition, offset, timestampMs, key, value, headers } = record;
    await this.producer.sendAll([
      {
        topic: deadLetterTopic(group),
        key: key ?? '',
        value,
        headers: {
          ...keptHeaders(headers),
          'x-dead-letter-reason': reason,
          'x-dead-letter-topic': topic,
          'x-dead-letter-partition': String(partition),
          'x-dead-letter-offset': String(offset),
          'x-dead-letter-timestamp': String(timestampMs),
        },
      },
    ]);
  }

  problems(): readonly string[] {
    return [this.producer, this.replyProducer, ...this.consumers, ...this.readers].flatMap((part) =>
      part.problems(),
    );
  }

  /** Resolves when the broker is there; a process that starts before it waits, unready. */
  connect(): Promise<void> {
    this.connecting ??= this.connectProducers();
    return this.connecting;
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async connectProducers(): Promise<void> {
    const { logger } = this.options;
    for (let pauseMs = 100; !this.closing; pauseMs = longer(pauseMs)) {
      try {
        await Promise.all([this.producer.connect(), this.replyProducer.connect()]);
        return;
      } catch (error) {
        logger.warn({ reason: reasonOf(error), delayMs: pauseMs }, 'kafka.not-there');
        await pause(pauseMs);
      }
    }
  }

  /** Consumers and readers first: what they still do is produced. */
  private async closeAll(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.close(FLUSH_TIMEOUT_MS)));
    await Promise.all(this.readers.map((reader) => reader.close()));
    await Promise.all([
      this.producer.close(FLUSH_TIMEOUT_MS),
      this.replyProducer.close(FLUSH_TIMEOUT_MS),
    ]);
  }

  private async readTable(
    topic: TopicName,
    onRecords: (records: readonly InboundRecord[]) => void,
  ): ReturnType<TableReader['read']> {
    const reader = this.reader(topic, onRecords);
    await reader.reached(await reader.start());
    return { resync: () => reader.resync(), lastFetchAtMs: () => reader.lastFetchAtMs };
  }

  private reader(
    topic: TopicName,
    onRecords: (records: readonly InboundRecord[]) => void,
    partition?: number,
  ): KafkaLogReader {
    const reader = new KafkaLogReader({
      kafka: this.kafkaUnrepeated,
      topic,
      onRecords,
      logger: this.options.logger,
      ...(partition !== undefined && { partition }),
    });
    this.readers.push(reader);
    return reader;
  }

  private newProducer(name: string, requestsMax: number): KafkaProducer {
    return new KafkaProducer({
      name,
      kafka: this.kafkaUnrepeated,
      clock: this.brokerClock,
      logger: this.options.logger,
      requestsMax,
      partitionCount: (topic) => this.partitionCount(topic),
    });
  }

  private partitionCount(topic: string): number {
    if (!Object.hasOwn(TOPICS, topic)) return 1;
    const { partitions } = TOPICS[topic as TopicName];
    return partitions === 'path' ? this.pathPartitions : partitions;
  }

  private end(error: unknown): void {
    this.options.logger.fatal({ err: error }, 'messaging.fatal');
    if (this.options.onFatal) this.options.onFatal(error);
    else process.exit(1);
  }
}

/** Headers as they came, cut where they alone would be too large for the dead letter's topic. */
function keptHeaders(headers: InboundRecord['headers']): Record<string, Buffer | string> {
  const kept: Record<string, Buffer | string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    bytes += name.length + (value?.length ?? 0);
    if (bytes > RAW_HEADER_BYTES_MAX) break;
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** The transport of a process over Apache Kafka. */
export const createKafkaTransport = (
  config: KafkaConfig,
  options: KafkaTransportOptions,
): KafkaTransport => new KafkaTransport(config, options);
