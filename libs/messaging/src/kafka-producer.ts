import { InvalidRecordError, ProduceExpiredError } from './failure';
import { kafkaPartitionOf } from './kafka-partition';
import { ProduceLoop, type ProduceLoopOptions } from './kafka-produce-loop';
import { bytesOf, type Entry, type Waiter } from './kafka-produce-queue';
import type { Acknowledgement, OutboundRecord, RecordProducer } from './types';

interface SendOptions {
  readonly deadlineMs?: number;
}

/** A record for any topic, dead letters included. */
export type AnyRecord = Omit<OutboundRecord, 'topic'> & { readonly topic: string };

const QUEUED_MAX = 50_000;
const QUEUED_BYTES_MAX = 256 * 1024 * 1024;
const SWEEP_MS = 50;

/**
 * The batching producer: what has gathered goes out whenever one of the few requests in flight returns, one request
 * for many topics. No linger: under load the batch grows by itself.
 */
export class KafkaProducer implements RecordProducer {
  private readonly loop: ProduceLoop;
  private unsettled = 0;
  private unsettledBytes = 0;
  private withDeadline = 0;
  private isClosed = false;
  private sweepTimer: NodeJS.Timeout | undefined;
  private idleWaiters: (() => void)[] = [];

  constructor(private readonly options: ProduceLoopOptions) {
    this.loop = new ProduceLoop(options, {
      acknowledged: (entry, timestampMs) => {
        if (this.settle(entry)) entry.waiter.acknowledged(entry.partition, timestampMs);
      },
      failed: (entry, error) => {
        this.fail(entry, error);
      },
    });
  }

  get queued(): number {
    return this.unsettled;
  }

  /** Rejects when the broker is not there. */
  connect(): Promise<void> {
    return this.loop.connect();
  }

  problems(): string[] {
    const problems = this.loop.problems();
    if (this.unsettled > QUEUED_MAX / 2) {
      problems.push(`the ${this.options.name} producer is behind`);
    }
    return problems;
  }

  send(record: AnyRecord, options: SendOptions = {}): Promise<Acknowledgement> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        acknowledged: (partition, timestampMs) => {
          resolve({ partition, timestampMs });
        },
        failed: reject,
      };
      this.enqueue(record, waiter, options.deadlineMs);
    });
  }

  /** Settles when the fate of each record is known; rejects with the first failure. */
  sendAll(records: readonly AnyRecord[], options: SendOptions = {}): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      let left = records.length;
      let firstError: Error | undefined;
      const settle = (): void => {
        left -= 1;
        if (left > 0) return;
        if (firstError) reject(firstError);
        else resolve();
      };
      const waiter: Waiter = {
        acknowledged: settle,
        failed: (error) => {
          firstError ??= error;
          settle();
        },
      };
      for (const record of records) this.enqueue(record, waiter, options.deadlineMs);
    });
  }

  takeBack(record: OutboundRecord): boolean {
    const entry = this.loop.queueOf(record.topic).find(record);
    if (!entry) return false;
    this.fail(entry, new ProduceExpiredError(false));
    return true;
  }

  /** Takes no more and waits until all is acknowledged, at most `timeoutMs`; what is left then is given up. */
  async close(timeoutMs: number): Promise<void> {
    this.isClosed = true;
    if (this.unsettled > 0) {
      const timer = setTimeout(() => {
        this.loop.forEach((entry) => {
          this.fail(entry, new ProduceExpiredError(entry.wasHandedOver));
        });
      }, timeoutMs);
      await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
      clearTimeout(timer);
    }
    clearTimeout(this.sweepTimer);
    await this.loop.stop();
  }

  private enqueue(record: AnyRecord, waiter: Waiter, deadlineMs = Infinity): void {
    const queue = this.loop.queueOf(record.topic);
    const partition = record.partition ?? kafkaPartitionOf(record.key, queue.partitionCount);
    const bytes = bytesOf(record);
    if (!(partition >= 0 && partition < queue.partitionCount)) {
      waiter.failed(new InvalidRecordError(`${record.topic} has no partition ${partition}`));
      return;
    }
    const isFull = this.unsettled >= QUEUED_MAX || this.unsettledBytes + bytes > QUEUED_BYTES_MAX;
    if (this.isClosed || isFull) {
      waiter.failed(new ProduceExpiredError(false));
      return;
    }
    const { key, value, headers } = record;
    queue.push({
      key,
      value,
      headers,
      partition,
      bytes,
      deadlineMs,
      record,
      waiter,
      queue,
      wasHandedOver: false,
      isSettled: false,
    });
    this.unsettled += 1;
    this.unsettledBytes += bytes;
    if (deadlineMs !== Infinity) {
      this.withDeadline += 1;
      this.sweepTimer ??= setTimeout(this.sweep, SWEEP_MS);
    }
    this.loop.schedule();
  }

  private readonly sweep = (): void => {
    const now = Date.now();
    this.loop.forEach((entry) => {
      if (entry.deadlineMs <= now) this.fail(entry, new ProduceExpiredError(entry.wasHandedOver));
    });
    this.sweepTimer = this.withDeadline > 0 ? setTimeout(this.sweep, SWEEP_MS) : undefined;
  };

  private fail(entry: Entry, error: Error): void {
    if (this.settle(entry)) entry.waiter.failed(error);
  }

  /** False when the fate of the record was reported before. */
  private settle(entry: Entry): boolean {
    if (entry.isSettled) return false;
    entry.isSettled = true;
    this.unsettled -= 1;
    this.unsettledBytes -= entry.bytes;
    if (entry.deadlineMs !== Infinity) this.withDeadline -= 1;
    if (this.unsettled === 0) for (const resolve of this.idleWaiters.splice(0)) resolve();
    return true;
  }
}
