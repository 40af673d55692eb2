import type { Kafka } from 'kafkajs';
import type { TopicName } from '@gateway/contracts';
import type { Logger } from '@gateway/platform';
import { reasonOf } from './failure';
import { KafkaLog, type Leader, type LogBounds, type RawBatch } from './kafka-log';
import { disconnect, inboundRecords, pause, within } from './kafka-run';
import type { InboundRecord } from './types';

interface LogReaderOptions {
  readonly kafka: Kafka;
  readonly topic: TopicName;
  /** One partition from its end; absent: all of them from their start. */
  readonly partition?: number;
  readonly onRecords: (records: readonly InboundRecord[]) => void;
  readonly logger: Logger;
}

const STALLED_MS = 15_000;
const CLOSE_TIMEOUT_MS = 5_000;
const PAUSE_MS_MIN = 50;
/** Replies wait for the reader: it tries often while the broker is away. */
const PAUSE_MS_MAX = 250;
const LEADERS_MAX_AGE_MS = 60_000;

/**
 * Reads a topic for this process alone, without a group: nothing is joined, kept alive or committed, and where it
 * stands is kept here. Whatever fails, it begins anew from there.
 */
export class KafkaLogReader {
  /** Offset to read next, by partition. */
  private readonly positions = new Map<number, bigint>();
  private waiters: { readonly bounds: readonly LogBounds[]; readonly resolve: () => void }[] = [];
  private log: KafkaLog | undefined;
  private reading: Promise<void> | undefined;
  private isReading = false;
  private failuresInRow = 0;
  private isClosing = false;
  private fetchedAtMs = 0;

  constructor(private readonly options: LogReaderOptions) {}

  /** Local Unix milliseconds of the broker's last answer. */
  get lastFetchAtMs(): number {
    return this.fetchedAtMs;
  }

  problems(): string[] {
    const { topic } = this.options;
    if (!this.isReading) return [`not reading ${topic}`];
    return Date.now() - this.fetchedAtMs > STALLED_MS ? [`${topic} gets no answer from Kafka`] : [];
  }

  /** Resolves when it reads, with what the topic held before; tries until broker and topic are there. */
  start(): Promise<readonly LogBounds[]> {
    return new Promise((resolve) => {
      this.reading = this.read(resolve);
    });
  }

  /** Resolves when all up to there has been handed over. */
  reached(bounds: readonly LogBounds[]): Promise<void> {
    return new Promise((resolve) => {
      this.waiters.push({ bounds, resolve });
      this.release();
    });
  }

  /** Hands over everything from the start again. */
  async resync(): Promise<void> {
    const { kafka, topic, partition, logger } = this.options;
    // Over a connection of its own: on that of the reader it would wait for the end of a fetch.
    const log = await KafkaLog.open(kafka, topic, partition);
    const bounds = await log.bounds().finally(() => disconnect(log, logger));
    for (const { partition: each, low } of bounds) this.positions.set(each, low);
    await this.reached(bounds);
  }

  async close(): Promise<void> {
    this.isClosing = true;
    this.isReading = false;
    await within(this.end(), CLOSE_TIMEOUT_MS);
    await within(this.reading, CLOSE_TIMEOUT_MS);
  }

  private async read(onBegun: (bounds: readonly LogBounds[]) => void): Promise<void> {
    const { topic, logger } = this.options;
    while (!this.isClosing) {
      try {
        const log = await this.begin(onBegun);
        while (log === this.log) await this.readAll(log);
      } catch (error) {
        // Said once, not at each attempt.
        if (this.failuresInRow === 0) {
          logger.warn({ topic, reason: reasonOf(error) }, 'reader.interrupted');
        }
      }
      this.isReading = false;
      await within(this.end(), CLOSE_TIMEOUT_MS);
      await pause(Math.min(PAUSE_MS_MIN * 2 ** this.failuresInRow, PAUSE_MS_MAX));
      this.failuresInRow += 1;
    }
    onBegun([]);
  }

  private async begin(onBegun: (bounds: readonly LogBounds[]) => void): Promise<KafkaLog> {
    const { kafka, topic, partition } = this.options;
    const log = await KafkaLog.open(kafka, topic, partition);
    this.log = log;
    const bounds = await log.bounds();
    this.place(bounds);
    this.fetchedAtMs = Date.now();
    this.isReading = true;
    onBegun(bounds);
    return log;
  }

  private async end(): Promise<void> {
    const { log } = this;
    this.log = undefined;
    if (log) await disconnect(log, this.options.logger);
  }

  /** A broker that has nothing holds its answer back, so each is asked by itself. */
  private async readAll(log: KafkaLog): Promise<void> {
    const untilMs = Date.now() + LEADERS_MAX_AGE_MS;
    await Promise.all(
      log.leaders().map(async (leader) => {
        while (log === this.log && Date.now() < untilMs) await this.readOnce(log, leader);
      }),
    );
    if (log === this.log) await log.refresh();
  }

  /** Goes on where it stood, unless that is gone by retention, or lies past the end of a topic that was made anew. */
  private place(bounds: readonly LogBounds[]): void {
    for (const { partition, low, high } of bounds) {
      const position = this.positions.get(partition);
      const first = this.options.partition === undefined ? low : high;
      if (position === undefined) this.positions.set(partition, first);
      else if (position < low || position > high) this.positions.set(partition, low);
    }
  }

  private async readOnce(log: KafkaLog, { nodeId, partitions }: Leader): Promise<void> {
    const from = new Map(partitions.map((each) => [each, this.positions.get(each) ?? 0n]));
    const batches = await log.fetch(nodeId, from);
    this.fetchedAtMs = Date.now();
    // Not as soon as it is open: what cannot be read would be tried over and over at once.
    this.failuresInRow = 0;
    for (const batch of batches) {
      // It may be that everything is to be read again since.
      if (this.positions.get(batch.partition) === from.get(batch.partition)) this.take(batch);
    }
    this.release();
  }

  private take(batch: RawBatch): void {
    const { onRecords, topic, logger } = this.options;
    // An answer without records says that nothing is left up to its end, whatever compaction took away.
    const next =
      batch.rawMessages.length === 0
        ? BigInt(batch.highWatermark)
        : BigInt(batch.lastOffset()) + 1n;
    if (next > (this.positions.get(batch.partition) ?? 0n)) {
      this.positions.set(batch.partition, next);
    }
    if (batch.isEmpty()) return;
    try {
      onRecords(inboundRecords(topic, batch));
    } catch (error) {
      logger.error({ topic, err: error }, 'reader.records-not-taken');
    }
  }

  private release(): void {
    if (this.waiters.length === 0) return;
    const isReached = (bounds: readonly LogBounds[]): boolean =>
      bounds.every(({ partition, high }) => (this.positions.get(partition) ?? 0n) >= high);
    const waiting = this.waiters;
    this.waiters = waiting.filter(({ bounds }) => !isReached(bounds));
    for (const { bounds, resolve } of waiting) if (isReached(bounds)) resolve();
  }
}
