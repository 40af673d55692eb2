import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from '@gateway/platform';
import { BatchRunner, type HandledTopic, type RunnerEvents, type RunnerPort } from './batch-runner';
import { reasonOf } from './failure';
import { GroupMembership } from './kafka-membership';
import { ownIdentity } from './kafka-process';
import { inboundRecords, pause, runConsumer, within } from './kafka-run';

export interface KafkaConsumerOptions {
  readonly kafka: Kafka;
  readonly clientId: string;
  readonly handled: HandledTopic;
  readonly events: RunnerEvents;
  readonly deadLetter: RunnerPort['deadLetter'];
  readonly logger: Logger;
  /** The one way out of the process. */
  readonly onFatal: (error: unknown) => void;
}

const COMMIT_INTERVAL_MS = 400;
const HEARTBEAT_MS = 500;
const STALLED_MS = 15_000;
const DISCONNECT_TIMEOUT_MS = 5_000;
/** Crashes in a row without a fetch between them, after which the process has to start anew. */
const CRASHES_MAX = 10;
const CRASH_PAUSE_MS = 300;

/**
 * One group on one topic. A batch is handed to the runner at once, so that neither heartbeats nor the next fetch wait
 * for handlers; what is committed is the runner's mark, never the position of the fetch. No exception reaches kafkajs.
 */
export class KafkaConsumer {
  readonly runner: BatchRunner;
  private readonly membership: GroupMembership;
  private consumer: Consumer | undefined;
  private memberId: string | undefined;
  private readonly assigned = new Set<number>();
  /** Offset to fetch next, for partitions that stay with this member through a rebalance. */
  private readonly fetched = new Map<number, bigint>();
  private readonly finished = new Map<number, bigint>();
  private readonly committed = new Map<number, bigint>();
  private room: Promise<void> | undefined;
  private commitTimer: NodeJS.Timeout | undefined;
  private isCommitScheduled = false;
  private isJoined = false;
  private isClosing = false;
  private fetchedAtMs = 0;
  private crashesInRow = 0;

  constructor(private readonly options: KafkaConsumerOptions) {
    const { clientId, deadLetter, onFatal } = options;
    this.membership = new GroupMembership({
      clientId,
      identity: ownIdentity,
      onFetched: () => {
        this.fetchedAtMs = Date.now();
        this.crashesInRow = 0;
      },
    });
    this.runner = new BatchRunner(
      options.handled,
      {
        deadLetter,
        onFatal,
        onFinished: (partition, position) => {
          this.finished.set(partition, position);
          if (this.runner.isAwaited(partition)) this.commitSoon();
          else this.commitLater();
        },
        onAwaited: () => {
          this.commitSoon();
        },
      },
      options.events,
    );
  }

  get group(): string {
    return this.options.handled.options.group;
  }

  problems(): string[] {
    if (!this.isJoined || this.fetchedAtMs === 0) return [`not joined to ${this.group}`];
    const isStalled = Date.now() - this.fetchedAtMs > STALLED_MS;
    return isStalled ? [`${this.group} gets no answer from Kafka`] : [];
  }

  /** Resolves when the member has joined; until the broker and the topic are there it tries again. */
  async start(): Promise<void> {
    const { kafka, handled, logger } = this.options;
    await runConsumer({
      kafka,
      groupId: this.group,
      topic: handled.topic,
      assigner: this.membership.assigner,
      logger,
      prepare: (consumer) => {
        this.consumer = consumer;
        this.listen(consumer);
      },
      eachBatch: this.take,
      isOver: () => this.isClosing,
    });
  }

  /** Fetches no more, lets the runner finish, commits what is finished, leaves the group. */
  async close(timeoutMs: number): Promise<void> {
    this.isClosing = true;
    if (this.isJoined) this.consumer?.pause([{ topic: this.options.handled.topic }]);
    await this.runner.drain(timeoutMs);
    await this.commit();
    clearTimeout(this.commitTimer);
    this.isJoined = false;
    await within(this.consumer?.disconnect(), DISCONNECT_TIMEOUT_MS);
  }

  private listen(consumer: Consumer): void {
    const { GROUP_JOIN, REBALANCING, CRASH, COMMIT_OFFSETS } = consumer.events;
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.join(consumer, payload);
    });
    consumer.on(REBALANCING, () => {
      // On the connection of the JoinGroup that follows: the broker takes the commit first.
      void this.commit();
      this.isJoined = false;
    });
    consumer.on(COMMIT_OFFSETS, ({ payload }) => {
      for (const { partitions } of payload.topics) {
        for (const { partition, offset } of partitions) {
          this.confirm(partition, BigInt(offset));
        }
      }
    });
    consumer.on(CRASH, ({ payload }) => {
      this.isJoined = false;
      this.crashesInRow += 1;
      if (!payload.restart) void this.startAgain(payload.error);
    });
  }

  private join(consumer: Consumer, payload: ConsumerGroupJoinEvent['payload']): void {
    const { topic } = this.options.handled;
    const assigned = payload.memberAssignment[topic] ?? [];
    // The same member id: never out of the group in between, so what was kept is still one's own.
    const isSameMember = payload.memberId === this.memberId;
    for (const partition of this.assigned) {
      if (!isSameMember || !assigned.includes(partition)) this.lose(partition);
    }
    this.assigned.clear();
    for (const partition of assigned) {
      this.assigned.add(partition);
      const next = this.fetched.get(partition);
      if (next !== undefined) consumer.seek({ topic, partition, offset: String(next) });
    }
    this.memberId = payload.memberId;
    this.membership.own(assigned);
    this.isJoined = true;
    if (this.hasUncommitted()) this.commitLater();
    this.options.logger.info(
      { group: this.group, topic, partitions: assigned.map(String), durationMs: payload.duration },
      'group.joined',
    );
  }

  private lose(partition: number): void {
    this.runner.revoke(partition);
    this.fetched.delete(partition);
    this.finished.delete(partition);
    this.committed.delete(partition);
  }

  /** What kafkajs gives up is begun anew: it takes errors for final that a broker's start brings along. */
  private async startAgain(error: Error): Promise<void> {
    const { logger, onFatal } = this.options;
    logger.error({ group: this.group, reason: reasonOf(error) }, 'group.crashed');
    if (this.isClosing) return;
    if (this.crashesInRow >= CRASHES_MAX) {
      onFatal(error);
      return;
    }
    await pause(CRASH_PAUSE_MS);
    await this.start();
  }

  private readonly take = async (payload: EachBatchPayload): Promise<void> => {
    const { batch } = payload;
    if (this.room && !(await this.waitForRoom(this.room, payload))) return;
    this.room = undefined;
    if (payload.isStale() || this.isClosing || !this.assigned.has(batch.partition)) return;
    this.room = this.runner.push(inboundRecords(this.options.handled.topic, batch));
    const last = batch.lastOffset();
    payload.resolveOffset(batch.messages.at(-1)?.offset ?? last);
    this.fetched.set(batch.partition, BigInt(last) + 1n);
  };

  /** False when the batch must not be taken any more; it is fetched again then. */
  private async waitForRoom(room: Promise<void>, payload: EachBatchPayload): Promise<boolean> {
    let hasRoom = false;
    const arrived = room.then(() => {
      hasRoom = true;
    });
    const { memberId } = this;
    while (payload.isRunning() && !this.isClosing && this.isJoined && this.memberId === memberId) {
      await Promise.race([arrived, pause(HEARTBEAT_MS)]);
      if (hasRoom as boolean) return true;
      try {
        await payload.heartbeat();
      } catch {
        // kafkajs sends its own right after, and meets the same.
        return false;
      }
    }
    return false;
  }

  private commitSoon(): void {
    if (this.isCommitScheduled) return;
    this.isCommitScheduled = true;
    setImmediate(() => {
      this.isCommitScheduled = false;
      void this.commit();
    });
  }

  private commitLater(): void {
    if (this.isClosing) return;
    this.commitTimer ??= setTimeout(() => {
      void this.commit();
    }, COMMIT_INTERVAL_MS);
  }

  private async commit(): Promise<void> {
    clearTimeout(this.commitTimer);
    this.commitTimer = undefined;
    const { topic } = this.options.handled;
    const offsets: { topic: string; partition: number; offset: string }[] = [];
    for (const [partition, position] of this.finished) {
      if (position > (this.committed.get(partition) ?? -1n)) {
        offsets.push({ topic, partition, offset: String(position) });
      }
    }
    if (offsets.length === 0 || !this.consumer || !this.isJoined) return;
    try {
      // Confirmed by the event: kafkajs resolves also when it did not commit.
      await this.consumer.commitOffsets(offsets);
    } catch (error) {
      this.options.logger.debug(
        { group: this.group, reason: reasonOf(error) },
        'group.commit-failed',
      );
    }
    if (this.hasUncommitted()) this.commitLater();
  }

  private confirm(partition: number, position: bigint): void {
    if (this.assigned.has(partition)) this.committed.set(partition, position);
    this.runner.confirm(partition, position);
    const isBehind = (this.finished.get(partition) ?? -1n) > position;
    if (isBehind && this.runner.isAwaited(partition)) this.commitSoon();
  }

  private hasUncommitted(): boolean {
    for (const [partition, position] of this.finished) {
      if (position > (this.committed.get(partition) ?? -1n)) return true;
    }
    return false;
  }
}
