import type { OutboundRecord } from './types';

/** Where the fate of a record is reported; shared by all records of one `sendAll`. */
export interface Waiter {
  acknowledged(partition: number, timestampMs: number): void;
  failed(error: Error): void;
}

/** A record on its way; what kafkajs needs of a message is part of it, so that nothing is copied. */
export interface Entry {
  readonly key: string;
  readonly value: Buffer | string | null;
  readonly headers: Readonly<Record<string, Buffer | string>> | undefined;
  readonly partition: number;
  readonly bytes: number;
  readonly deadlineMs: number;
  /** As the caller gave it, to take it back. */
  readonly record: object;
  readonly waiter: Waiter;
  readonly queue: TopicQueue;
  /** Was part of a request: it may be in the log, whatever comes. */
  wasHandedOver: boolean;
  /** Its fate is reported; what still happens to it changes nothing. */
  isSettled: boolean;
}

/** A request that failed, to be repeated as it is. */
interface Piece {
  readonly entries: readonly Entry[];
  /** Alone in its request: what was mixed failed, and nobody knows because of which. */
  readonly isAlone: boolean;
}

/** A broker takes 1 MiB for the batch of a partition; below it there is room for what encoding adds. */
const PARTITION_BYTES_MAX = 900 * 1024;
/** kafkajs copies the list of a partition for each record that it adds. */
const PARTITION_RECORDS_MAX = 512;

/** What waits for one topic: first what failed before, then what is new. */
export class TopicQueue {
  private waiting: Entry[] = [];
  private readonly pieces: Piece[] = [];
  private readonly bytesTaken: number[];
  private readonly recordsTaken: number[];
  /** The stamp of each partition in the answer that is read right now. */
  readonly stamps: number[];
  /** Cannot be written now; it is tried in requests of its own, over a connection of its own. */
  isQuarantined = false;
  isTriedAside = false;
  failures = 0;
  pausedUntilMs = 0;

  constructor(
    readonly topic: string,
    readonly partitionCount: number,
  ) {
    this.bytesTaken = new Array<number>(partitionCount).fill(0);
    this.recordsTaken = new Array<number>(partitionCount).fill(0);
    this.stamps = new Array<number>(partitionCount).fill(-1);
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.pieces.length === 0;
  }

  get hasFailedBefore(): boolean {
    return this.pieces.length > 0;
  }

  get mustBeAlone(): boolean {
    return this.pieces[0]?.isAlone === true;
  }

  push(entry: Entry): void {
    this.waiting.push(entry);
  }

  repeat(entries: readonly Entry[], isAlone: boolean): void {
    this.pieces.unshift({ entries, isAlone });
  }

  /** The records of the next request; empty when none of them waits any more. */
  take(recordsMax: number): readonly Entry[] {
    for (let piece = this.pieces.shift(); piece; piece = this.pieces.shift()) {
      const entries = piece.entries.filter(({ isSettled }) => !isSettled);
      if (entries.length > 0) return entries;
    }
    return this.takeNew(recordsMax);
  }

  private takeNew(recordsMax: number): readonly Entry[] {
    this.bytesTaken.fill(0);
    this.recordsTaken.fill(0);
    const taken: Entry[] = [];
    let index = 0;
    for (; index < this.waiting.length && taken.length < recordsMax; index += 1) {
      const entry = this.waiting[index];
      if (!entry || entry.isSettled) continue;
      // A full partition ends the request, so that the order of a key is kept.
      if (!this.hasRoom(entry)) break;
      taken.push(entry);
    }
    this.waiting = index === this.waiting.length ? [] : this.waiting.slice(index);
    return taken;
  }

  private hasRoom({ partition, bytes }: Entry): boolean {
    const bytesTaken = (this.bytesTaken[partition] ?? 0) + bytes;
    const recordsTaken = (this.recordsTaken[partition] ?? 0) + 1;
    if (recordsTaken > 1 && bytesTaken > PARTITION_BYTES_MAX) return false;
    if (recordsTaken > PARTITION_RECORDS_MAX) return false;
    this.bytesTaken[partition] = bytesTaken;
    this.recordsTaken[partition] = recordsTaken;
    return true;
  }

  /** The entry of a record that was never part of a request. */
  find(record: OutboundRecord): Entry | undefined {
    return this.waiting.find((entry) => entry.record === record && !entry.isSettled);
  }

  forEach(visit: (entry: Entry) => void): void {
    for (const { entries } of this.pieces) entries.forEach(visit);
    this.waiting.forEach(visit);
  }
}

/** The entries as kafkajs takes them, grouped by topic; from here on they may be in the log. */
export function handOver(entries: readonly Entry[]): { topic: string; messages: Entry[] }[] {
  const topics: { queue: TopicQueue; topic: string; messages: Entry[] }[] = [];
  let current: (typeof topics)[number] | undefined;
  for (const entry of entries) {
    if (current?.queue !== entry.queue) {
      current = { queue: entry.queue, topic: entry.queue.topic, messages: [] };
      topics.push(current);
    }
    entry.wasHandedOver = true;
    current.messages.push(entry);
  }
  return topics;
}

const RECORD_OVERHEAD_BYTES = 32;
const LONG_TEXT = 4_096;

/** About the bytes that a record takes in a request. */
export function bytesOf({ key, value, headers }: Omit<OutboundRecord, 'topic'>): number {
  let bytes = RECORD_OVERHEAD_BYTES + key.length + sizeOf(value);
  for (const name in headers) bytes += name.length + sizeOf(headers[name]) + 4;
  return bytes;
}

/** Short text counts a byte for a unit: nearly always right, and too large a batch is split anyhow. */
function sizeOf(value: Buffer | string | null | undefined): number {
  if (typeof value === 'string' && value.length > LONG_TEXT) return Buffer.byteLength(value);
  return value?.length ?? 0;
}
