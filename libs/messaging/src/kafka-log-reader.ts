import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { TopicName } from '@gateway/contracts';
import type { Logger } from '@gateway/platform';
import { reasonOf } from './failure';
import { GroupMembership, onePartition, stickyAssign, type FetchedBatch } from './kafka-membership';
import { ownIdentity } from './kafka-process';
import { disconnect, inboundRecords, longer, pause, runConsumer, within } from './kafka-run';
import type { InboundRecord } from './types';

interface LogReaderOptions {
  readonly kafka: Kafka;
  readonly clientId: string;
  readonly groupId: string;
  readonly topic: TopicName;
  /** One partition from its end; absent: all of them from their start. */
  readonly partition?: number;
  readonly onRecords: (records: readonly InboundRecord[]) => void;
  readonly logger: Logger;
}

const STALLED_MS = 15_000;
const DISCONNECT_TIMEOUT_MS = 5_000;

/**
 * Reads a topic in a group of this process alone, which commits nothing: where it stands is kept here, and survives
 * what happens to the group.
 */
export class KafkaLogReader {
  private readonly membership: GroupMembership;
  private consumer: Consumer | undefined;
  /** Offset to read next, by partition. */
  private readonly positions = new Map<number, bigint>();
  private waiters: { readonly highs: ReadonlyMap<number, bigint>; readonly resolve: () => void }[] =
    [];
  private isJoined = false;
  private isClosing = false;
  private fetchedAtMs = 0;

  constructor(private readonly options: LogReaderOptions) {
    const { clientId, partition } = options;
    this.membership = new GroupMembership({
      clientId,
      identity: ownIdentity,
      name: partition === undefined ? 'gateway-sticky' : 'gateway-one',
      assign: partition === undefined ? stickyAssign : onePartition(partition),
      onFetched: (batches) => {
        this.fetched(batches);
      },
    });
  }

  get topic(): TopicName {
    return this.options.topic;
  }

  /** Local Unix milliseconds of the broker's last answer. */
  get lastFetchAtMs(): number {
    return this.fetchedAtMs;
  }

  problems(): string[] {
    const { topic } = this.options;
    if (!this.isJoined) return [`not reading ${topic}`];
    return Date.now() - this.fetchedAtMs > STALLED_MS ? [`${topic} gets no answer from Kafka`] : [];
  }

  /** Resolves when it reads; tries until broker and topic are there. */
  async start(): Promise<void> {
    const { kafka, groupId, topic, logger } = this.options;
    await runConsumer({
      kafka,
      groupId,
      topic,
      logger,
      assigner: this.membership.assigner,
      prepare: (consumer) => this.prepare(consumer),
      eachBatch: this.take,
      isOver: () => this.isClosing,
    });
  }

  /** Resolves when all that was in the topic at the call has been handed over. */
  async caughtUp(): Promise<void> {
    const bounds = await this.bounds();
    const highs = new Map(bounds.map(({ partition, high }) => [partition, high]));
    await new Promise<void>((resolve) => {
      this.waiters.push({ highs, resolve });
      this.release();
    });
  }

  /** Hands over everything from the start again. */
  async resync(): Promise<void> {
    const { topic } = this.options;
    for (const { partition, low } of await this.bounds()) {
      this.positions.set(partition, low);
      if (this.isJoined) this.consumer?.seek({ topic, partition, offset: String(low) });
    }
    await this.caughtUp();
  }

  async close(): Promise<void> {
    this.isClosing = true;
    this.isJoined = false;
    await within(this.consumer?.disconnect(), DISCONNECT_TIMEOUT_MS);
  }

  /** The end is looked up before the group is joined: kafkajs would look it up with its first fetch, too late. */
  private async prepare(consumer: Consumer): Promise<void> {
    const { partition, topic, logger } = this.options;
    this.consumer = consumer;
    if (this.positions.size === 0) {
      for (const bound of await this.bounds()) {
        this.positions.set(bound.partition, partition === undefined ? bound.low : bound.high);
      }
    }
    const { GROUP_JOIN, REBALANCING, CRASH } = consumer.events;
    consumer.on(GROUP_JOIN, ({ payload }) => {
      const assigned = payload.memberAssignment[topic] ?? [];
      for (const each of assigned) {
        const offset = String(this.positions.get(each) ?? 0n);
        consumer.seek({ topic, partition: each, offset });
      }
      this.membership.own(assigned);
      this.isJoined = true;
    });
    consumer.on(REBALANCING, () => {
      this.isJoined = false;
    });
    consumer.on(CRASH, ({ payload }) => {
      this.isJoined = false;
      if (payload.restart || this.isClosing) return;
      logger.error({ topic, reason: reasonOf(payload.error) }, 'reader.crashed');
      void pause(300).then(() => this.start());
    });
  }

  private readonly take = (payload: EachBatchPayload): Promise<void> => {
    const { batch } = payload;
    if (payload.isStale() || this.isClosing) return Promise.resolve();
    const { onRecords, topic, logger } = this.options;
    const last = batch.lastOffset();
    payload.resolveOffset(batch.messages.at(-1)?.offset ?? last);
    this.positions.set(batch.partition, BigInt(last) + 1n);
    try {
      onRecords(inboundRecords(topic, batch));
    } catch (error) {
      logger.error({ topic, err: error }, 'reader.records-not-taken');
    }
    this.release();
    return Promise.resolve();
  };

  /** An answer without records says that nothing is left up to its end, whatever compaction took away. */
  private fetched(batches: readonly FetchedBatch[]): void {
    if (batches.length > 0) this.fetchedAtMs = Date.now();
    if (this.waiters.length === 0) return;
    for (const { partition, highWatermark, rawMessages, fetchedOffset } of batches) {
      const position = this.positions.get(partition) ?? 0n;
      const end = BigInt(highWatermark);
      if (rawMessages.length === 0 && BigInt(fetchedOffset) >= position && end > position) {
        this.positions.set(partition, end);
      }
    }
    this.release();
  }

  private release(): void {
    if (this.waiters.length === 0) return;
    const isReached = (highs: ReadonlyMap<number, bigint>): boolean =>
      [...highs].every(([partition, high]) => (this.positions.get(partition) ?? 0n) >= high);
    const waiting = this.waiters;
    this.waiters = waiting.filter(({ highs }) => !isReached(highs));
    for (const { highs, resolve } of waiting) if (isReached(highs)) resolve();
  }

  private async bounds(): Promise<{ partition: number; low: bigint; high: bigint }[]> {
    const { kafka, topic, partition, logger } = this.options;
    for (let pauseMs = 50; ; pauseMs = longer(pauseMs)) {
      const admin: Admin = kafka.admin();
      try {
        await admin.connect();
        const offsets = await admin.fetchTopicOffsets(topic);
        return offsets
          .map((each) => ({
            partition: each.partition,
            low: BigInt(each.low),
            high: BigInt(each.high),
          }))
          .filter((each) => partition === undefined || each.partition === partition);
      } catch (error) {
        if (this.isClosing) throw error;
        logger.warn({ topic, reason: reasonOf(error) }, 'reader.bounds-unknown');
        await pause(pauseMs);
      } finally {
        await disconnect(admin, logger);
      }
    }
  }
}
