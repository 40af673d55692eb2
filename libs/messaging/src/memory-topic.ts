import { TOPICS, type GroupName, type TopicName } from '@gateway/contracts';
import type { Clock } from '@gateway/platform';
import type { BatchRunner } from './batch-runner';
import type { MemoryReader } from './memory-reader';
import { kafkaPartitionOf } from './kafka-partition';
import type { InboundRecord, OutboundRecord } from './types';

/** What waits for a group that is not there yet; past it, producers wait. */
const BACKLOG_RECORDS_MAX = 10_000;

/**
 * Topics whose records must survive the process although this broker does not: a record of these is acknowledged only
 * when every group's handler has finished with it, so that whoever produced it keeps it until then.
 */
const ACKNOWLEDGED_BEHIND_HANDLERS: ReadonlySet<string> = new Set([
  'message.settled.v1',
  'message.priced.v1',
  'meta.event.v1',
]);

interface Feed {
  runner: BatchRunner | undefined;
  backlog: InboundRecord[];
  isFull: boolean;
  /** By partition: everything below is finished. */
  readonly positions: bigint[];
}

interface FinishWaiter {
  readonly offset: bigint;
  readonly resolve: () => void;
}

/** One topic: partitions by key, the groups that consume it, and readers of this process. */
export class MemoryTopic {
  private readonly nextOffsets: bigint[];
  private readonly feeds = new Map<GroupName, Feed>();
  private readonly readers: Set<MemoryReader>[];
  private readonly finishWaiters: FinishWaiter[][];
  /** The newest record of each key, in order of the log; only of a compacted topic. */
  private readonly table: Map<string, InboundRecord> | undefined;
  private readonly isAcknowledgedBehindHandlers: boolean;
  private roomListeners: (() => void)[] = [];

  constructor(
    readonly name: TopicName,
    private readonly partitionCount: number,
    private readonly clock: Clock,
  ) {
    const partitions = Array.from({ length: partitionCount });
    this.nextOffsets = partitions.map(() => 0n);
    this.readers = partitions.map(() => new Set());
    this.finishWaiters = partitions.map(() => []);
    this.table = TOPICS[name].retentionMs === 'compact' ? new Map() : undefined;
    this.isAcknowledgedBehindHandlers = ACKNOWLEDGED_BEHIND_HANDLERS.has(name);
    for (const { group } of TOPICS[name].to) {
      if (group !== 'instance') {
        this.feeds.set(group, {
          runner: undefined,
          backlog: [],
          isFull: false,
          positions: partitions.map(() => 0n),
        });
      }
    }
  }

  /** True while a group has as much as it may take: producers wait. */
  get isFull(): boolean {
    for (const feed of this.feeds.values()) if (feed.isFull) return true;
    return false;
  }

  /** Calls back once, when there is room again. */
  onRoom(listener: () => void): void {
    this.roomListeners.push(listener);
  }

  /** Stamps the records, hands them to every group and reader; the caller has seen that there is room. */
  append(records: readonly OutboundRecord[]): readonly InboundRecord[] {
    const timestampMs = this.clock.nowMs();
    const appended = records.map((record) => this.stamp(record, timestampMs));
    for (const record of appended) this.offer(record);
    for (const feed of this.feeds.values()) this.feed(feed, appended);
    return appended;
  }

  /** Resolves when every group has finished with the records; undefined where the append is acknowledged as such. */
  whenFinished(records: readonly InboundRecord[]): Promise<void> | undefined {
    if (!this.isAcknowledgedBehindHandlers || this.feeds.size === 0) return undefined;
    const lastOffsets = new Map(records.map(({ partition, offset }) => [partition, offset]));
    const finished = [...lastOffsets].map(
      ([partition, offset]) =>
        new Promise<void>((resolve) => {
          this.finishWaiters[partition]?.push({ offset, resolve });
        }),
    );
    return Promise.all(finished).then(() => undefined);
  }

  /** The group's handler is there: it gets what has gathered and everything from now on. */
  subscribe(group: GroupName, runner: BatchRunner): void {
    const feed = this.feeds.get(group);
    if (!feed) throw new Error(`${group} does not consume ${this.name}`);
    const { backlog } = feed;
    feed.runner = runner;
    feed.backlog = [];
    feed.isFull = false;
    this.feed(feed, backlog);
    this.announceRoom();
  }

  /** The group's handler has ended: what comes waits for the next one. */
  unsubscribe(group: GroupName): void {
    const feed = this.feeds.get(group);
    if (!feed) return;
    feed.runner = undefined;
    feed.isFull = false;
  }

  /** Forgets the groups that have no handler in this process: nobody will ever take what waits for them. */
  forgetAbsentGroups(): void {
    for (const [group, { runner }] of this.feeds) if (!runner) this.feeds.delete(group);
    for (let partition = 0; partition < this.partitionCount; partition += 1) {
      this.releaseFinished(partition);
    }
    this.announceRoom();
  }

  /** Everything of the partition below `position` is finished in the group. */
  finished(group: GroupName, partition: number, position: bigint): void {
    const feed = this.feeds.get(group);
    if (!feed) return;
    feed.positions[partition] = position;
    this.releaseFinished(partition);
  }

  /** Adds a reader of one partition, from its end. */
  read(partition: number, reader: MemoryReader): void {
    this.readers[partition]?.add(reader);
  }

  /** Adds a reader of all partitions, from their ends. */
  readAll(reader: MemoryReader): void {
    for (const readers of this.readers) readers.add(reader);
  }

  /** The newest record of each key, in order of the log. */
  newest(): readonly InboundRecord[] {
    return this.table ? [...this.table.values()] : [];
  }

  private stamp(record: OutboundRecord, timestampMs: number): InboundRecord {
    const partition = record.partition ?? kafkaPartitionOf(record.key, this.partitionCount);
    const offset = this.nextOffsets[partition];
    if (offset === undefined) throw new Error(`${this.name} has no partition ${partition}`);
    this.nextOffsets[partition] = offset + 1n;
    const { key, value } = record;
    return {
      topic: this.name,
      partition,
      offset,
      timestampMs,
      key,
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers: record.headers ?? {},
    };
  }

  private offer(record: InboundRecord): void {
    if (this.table && record.key !== null) {
      this.table.delete(record.key);
      if (record.value !== null) this.table.set(record.key, record);
    }
    const readers = this.readers[record.partition];
    if (readers) for (const reader of readers) reader.offer(record);
  }

  private feed(feed: Feed, records: readonly InboundRecord[]): void {
    if (!feed.runner) {
      feed.backlog.push(...records);
      feed.isFull = feed.backlog.length >= BACKLOG_RECORDS_MAX;
      return;
    }
    const room = feed.runner.push(records);
    if (!room) return;
    feed.isFull = true;
    void room.then(() => {
      feed.isFull = false;
      this.announceRoom();
    });
  }

  private announceRoom(): void {
    if (this.isFull || this.roomListeners.length === 0) return;
    for (const listener of this.roomListeners.splice(0)) listener();
  }

  private releaseFinished(partition: number): void {
    const waiters = this.finishWaiters[partition];
    if (!waiters || waiters.length === 0) return;
    let count = 0;
    for (const { offset } of waiters) {
      if (!this.isFinished(partition, offset)) break;
      count += 1;
    }
    for (const { resolve } of waiters.splice(0, count)) resolve();
  }

  private isFinished(partition: number, offset: bigint): boolean {
    for (const { positions } of this.feeds.values()) {
      if ((positions[partition] ?? 0n) <= offset) return false;
    }
    return true;
  }
}
