import type { GroupName, TopicName } from '@gateway/contracts';
import { failureOf, reasonOf } from './failure';
import { GatheredBatch, type HeldPartition } from './gathered-batch';
import type { Batch, BatchHandlerOptions, InboundRecord } from './types';
import { Watermark } from './watermark';

/** The handler of one topic and group, as the process registered it. */
export interface HandledTopic {
  readonly topic: TopicName;
  readonly options: BatchHandlerOptions;
  readonly handle: (batch: Batch) => Promise<void>;
  /** Ends the journey of a record before it goes to the dead letter. */
  readonly endJourney?: (record: InboundRecord) => Promise<void>;
}

/** What the runner reports, for metrics and the log. */
export interface RunnerEvents {
  called(handled: HandledTopic, recordCount: number): void;
  retried(handled: HandledTopic, error: unknown, pauseMs: number): void;
  /** @param why what the handler threw, or its reason as text */
  deadLettered(handled: HandledTopic, record: InboundRecord, why: unknown): void;
  /** `onDeadLetter` itself failed: the dead letter is written all the same. */
  journeyNotEnded(handled: HandledTopic, record: InboundRecord, error: unknown): void;
}

/** What the runner needs of the transport that feeds it. */
export interface RunnerPort {
  deadLetter(group: GroupName, record: InboundRecord, reason: string): Promise<void>;
  /** The mark of a partition moved: `position` may be committed. Answer with `confirm` once it is. */
  onFinished(partition: number, position: bigint): void;
  /** Somebody waits for the commit of a partition: once its mark moved, the next commit by the clock is too late. */
  onAwaited?(partition: number): void;
  /** No retry can help: the process has to end, with everything unfinished left uncommitted. */
  onFatal(error: unknown): void;
}

/** Of a call that rests; what so many bring within one call is load, and its sum costs more than a wait. */
const LARGE_CALL_RECORDS = 16;
const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 2_000;
/** Before a record whose deferred work failed goes into a call again. */
const DEFERRED_PAUSE_MS = 500;

/**
 * Group commit over all partitions of one topic and group: what arrives while calls run gathers, and goes into the
 * next call together. Without a linger a lone record is handled in the tick in which it came; under load the batch
 * grows by itself, and with it what one statement and one produce carry.
 */
export class BatchRunner {
  private readonly partitions = new Map<number, HeldPartition>();
  private queue: InboundRecord[] = [];
  private runningCalls = 0;
  /** Handed to the handler and unfinished, deferred ones included. */
  private active = 0;
  private isScheduled = false;
  private isStopped = false;
  private roomWaiters: (() => void)[] = [];
  private idleWaiters: (() => void)[] = [];

  constructor(
    readonly handled: HandledTopic,
    private readonly port: RunnerPort,
    private readonly events: RunnerEvents,
  ) {}

  /** Records taken and unfinished. */
  get inFlight(): number {
    return this.queue.length + this.active;
  }

  /** The broker's stamp of the oldest unfinished record, Unix milliseconds. */
  get oldestTimestampMs(): number | undefined {
    let oldest: number | undefined;
    for (const { watermark } of this.partitions.values()) {
      const stamp = watermark.oldestTimestampMs;
      if (stamp !== undefined && (oldest === undefined || stamp < oldest)) oldest = stamp;
    }
    return oldest;
  }

  /**
   * Takes records, in order within each partition. Never waits by itself: returns a promise only when the bound is
   * reached, resolved when there is room again; the transport hands over nothing more until then.
   */
  push(records: readonly InboundRecord[]): Promise<void> | undefined {
    if (this.isStopped) return undefined;
    let held: HeldPartition | undefined;
    for (const record of records) {
      if (held?.partition !== record.partition) held = this.hold(record.partition);
      if (held.watermark.take(record.offset, record.timestampMs)) this.queue.push(record);
    }
    this.schedule();
    if (this.inFlight < this.handled.options.inFlightMax) return undefined;
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  /** The offset to commit for a partition; null while nothing of it is finished. */
  position(partition: number): bigint | null {
    return this.partitions.get(partition)?.watermark.position ?? null;
  }

  /** The broker has the position of a partition: answers that wait for the commit go out. */
  confirm(partition: number, position: bigint): void {
    this.partitions.get(partition)?.watermark.confirm(position);
  }

  /** Whether an answer waits for a commit of the partition. */
  isAwaited(partition: number): boolean {
    return this.partitions.get(partition)?.watermark.isAwaited ?? false;
  }

  /** The partition is lost: what is queued of it is dropped, what runs finishes without moving a mark. */
  revoke(partition: number): void {
    const held = this.partitions.get(partition);
    if (!held) return;
    held.isRevoked = true;
    this.partitions.delete(partition);
    this.queue = this.queue.filter((record) => record.partition !== partition);
    this.release();
  }

  /** Resolves when nothing is in flight. */
  idle(): Promise<void> {
    if (this.inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  /** Waits until everything taken is finished, then takes no more; false when the time was over before. */
  async drain(timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.idle(), timeout]);
    clearTimeout(timer);
    this.isStopped = true;
    return this.inFlight === 0;
  }

  awaited({ isRevoked, partition }: HeldPartition): void {
    if (!isRevoked) this.port.onAwaited?.(partition);
  }

  /** A deferred record's work is done. */
  settled(held: HeldPartition, record: InboundRecord): void {
    this.active -= 1;
    if (held.watermark.finish(record.offset)) this.report(held);
    this.release();
  }

  /** A deferred record's work failed. */
  failed(held: HeldPartition, record: InboundRecord, error: unknown): void {
    const failure = failureOf(error);
    if (failure === 'exit') {
      this.port.onFatal(error);
    } else if (failure === 'isolate') {
      this.rejected(held, record, error);
    } else {
      this.events.retried(this.handled, error, DEFERRED_PAUSE_MS);
      setTimeout(() => {
        this.active -= 1;
        if (!held.isRevoked && !this.isStopped) this.queue.unshift(record);
        this.schedule();
        this.release();
      }, DEFERRED_PAUSE_MS);
    }
  }

  /** Ends a record that cannot be handled: its journey first, then the dead letter, then its offset. */
  rejected(held: HeldPartition, record: InboundRecord, why: unknown): void {
    void this.bury(held, record, why);
  }

  private async bury(held: HeldPartition, record: InboundRecord, why: unknown): Promise<void> {
    const { options, endJourney } = this.handled;
    const reason = typeof why === 'string' ? why : reasonOf(why);
    if (endJourney) await this.untilDone(() => endJourney(record), record);
    await this.untilDone(() => this.port.deadLetter(options.group, record, reason));
    if (this.isStopped) return;
    this.events.deadLettered(this.handled, record, why);
    this.settled(held, record);
  }

  /** Repeats what must not be lost; a failure that no retry mends ends it only where the record is named. */
  private async untilDone(work: () => Promise<void>, record?: InboundRecord): Promise<void> {
    for (let pauseMs = PAUSE_MS_MIN; !this.isStopped; pauseMs = longer(pauseMs)) {
      try {
        await work();
        return;
      } catch (error) {
        if (record && failureOf(error) !== 'retry') {
          this.events.journeyNotEnded(this.handled, record, error);
          return;
        }
        this.events.retried(this.handled, error, pauseMs);
        await pause(pauseMs);
      }
    }
  }

  private hold(partition: number): HeldPartition {
    let held = this.partitions.get(partition);
    if (!held) {
      held = { partition, watermark: new Watermark(), isRevoked: false };
      this.partitions.set(partition, held);
    }
    return held;
  }

  /** One pass at the end of the tick, so that a burst of pushes becomes one call. */
  private schedule(): void {
    if (this.isScheduled || this.queue.length === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.startCalls();
    });
  }

  private startCalls(): void {
    const { concurrency, recordsMax, inFlightMax } = this.handled.options;
    while (this.runningCalls < concurrency && this.queue.length > 0 && !this.isStopped) {
      const count = Math.min(recordsMax, inFlightMax - this.active, this.queue.length);
      if (count <= 0) return;
      void this.call(count === this.queue.length ? this.takeAll() : this.queue.splice(0, count));
    }
  }

  private takeAll(): InboundRecord[] {
    const records = this.queue;
    this.queue = [];
    return records;
  }

  private async call(records: readonly InboundRecord[]): Promise<void> {
    this.runningCalls += 1;
    this.active += records.length;
    try {
      await this.work(records, this.heldBy(records));
    } finally {
      const { restMs } = this.handled.options;
      if (restMs !== undefined && records.length >= LARGE_CALL_RECORDS) {
        this.release();
        await pause(restMs);
      }
      this.runningCalls -= 1;
      this.release();
      this.startCalls();
    }
  }

  private heldBy(records: readonly InboundRecord[]): Map<number, HeldPartition> {
    const holds = new Map<number, HeldPartition>();
    let last = -1;
    for (const { partition } of records) {
      if (partition !== last && !holds.has(partition)) holds.set(partition, this.hold(partition));
      last = partition;
    }
    return holds;
  }

  /** Calls the handler with all, on failure again with all or with halves, until each record has its end. */
  private async work(
    records: readonly InboundRecord[],
    holds: ReadonlyMap<number, HeldPartition>,
  ): Promise<void> {
    const parts = [records];
    let pauseMs = PAUSE_MS_MIN;
    while (!this.isStopped) {
      const part = parts.pop();
      if (!part) return;
      const batch = new GatheredBatch(part, holds, this);
      this.events.called(this.handled, part.length);
      try {
        await this.handled.handle(batch);
        this.finish(batch);
        pauseMs = PAUSE_MS_MIN;
      } catch (error) {
        const failure = failureOf(error);
        if (failure === 'exit') {
          this.port.onFatal(error);
          return;
        }
        if (failure === 'retry') {
          this.events.retried(this.handled, error, pauseMs);
          await pause(pauseMs);
          pauseMs = longer(pauseMs);
        }
        parts.push(...this.again(batch, failure, error));
      }
    }
  }

  /** What is to be called after a failure, the last one first: the rest of the batch, or its halves. */
  private again(
    batch: GatheredBatch,
    failure: 'retry' | 'isolate',
    error: unknown,
  ): (readonly InboundRecord[])[] {
    const undone = batch.end();
    const left = undone.filter((record) => !batch.partitionOf(record).isRevoked);
    this.active -= undone.length - left.length;
    const [first] = left;
    if (!first) return [];
    if (failure === 'retry') return [left];
    if (left.length === 1) {
      this.rejected(batch.partitionOf(first), first, error);
      return [];
    }
    const middle = left.length >>> 1;
    return [left.slice(middle), left.slice(0, middle)];
  }

  private finish(batch: GatheredBatch): void {
    const records = batch.end();
    this.active -= records.length;
    const moved = new Set<HeldPartition>();
    let held: HeldPartition | undefined;
    for (const record of records) {
      if (held?.partition !== record.partition) held = batch.partitionOf(record);
      if (held.watermark.finish(record.offset)) moved.add(held);
    }
    for (const each of moved) this.report(each);
    this.release();
  }

  private report({ isRevoked, partition, watermark }: HeldPartition): void {
    if (!isRevoked && watermark.position !== null) {
      this.port.onFinished(partition, watermark.position);
    }
  }

  /** After records ended: whoever waits for room, for the handler's bound or for the end of all goes on. */
  private release(): void {
    this.schedule();
    if (this.inFlight < this.handled.options.inFlightMax && this.roomWaiters.length > 0) {
      for (const resolve of this.roomWaiters.splice(0)) resolve();
    }
    if (this.inFlight === 0 && this.idleWaiters.length > 0) {
      for (const resolve of this.idleWaiters.splice(0)) resolve();
    }
  }
}

const longer = (pauseMs: number): number => Math.min(pauseMs * 2, PAUSE_MS_MAX);

const pause = (pauseMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, pauseMs));
