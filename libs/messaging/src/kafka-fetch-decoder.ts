type HeaderValue = Buffer | string | null;

/** A record as the rest of kafkajs takes it; offset and stamp as text. */
interface FetchedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  readonly isControlRecord: boolean;
}

interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly abortedTransactions: readonly never[];
  readonly preferredReadReplica: number;
  readonly messages: readonly FetchedRecord[];
}

/** The answer to a fetch as the rest of kafkajs takes it. */
interface FetchAnswer {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartition[];
  }[];
}

const MAGIC = 2;
const MAGIC_AT = 16;
/** Of a record batch: its first offset and its length, and the rest up to the count of its records. */
const BYTES_BEFORE_LENGTH_END = 12;
const BATCH_HEADER_BYTES = 61;
const ATTRIBUTES_AT = 21;
const FIRST_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const RECORDS_COUNT_AT = 57;
const COMPRESSION = 0x07;
const LOG_APPEND_TIME = 0x08;
const CONTROL = 0x20;
/** Header values up to this length are handed over as text, when that is the same: nearly all are. */
const SHORT_TEXT = 64;

const PAST_ITS_END = 'a record reaches past its end';

/** An answer that kafkajs itself has to read. */
class UnusualAnswerError extends Error {}

/**
 * Reads the answer to a fetch (version 11) in one pass. kafkajs makes several objects for each field of each record,
 * which is most of what taking a record costs.
 *
 * @returns null for what no client of this installation writes: compressed, of a transaction, or in an old format
 * @throws Error when a record reaches past its end
 */
export function decodeFetch(payload: Buffer): FetchAnswer | null {
  try {
    return new FetchReader(payload).answer();
  } catch (error) {
    if (error instanceof UnusualAnswerError) return null;
    throw error;
  }
}

class FetchReader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  answer(): FetchAnswer {
    const clientSideThrottleTime = this.int32();
    const errorCode = this.int16();
    this.at += 4; // session
    const responses = this.array(() => ({
      topicName: this.text(this.int16()),
      partitions: this.array(() => this.partition()),
    }));
    return { throttleTime: 0, clientSideThrottleTime, errorCode, responses };
  }

  private partition(): FetchedPartition {
    const partition = this.int32();
    const errorCode = this.int16();
    const highWatermark = String(this.buffer.readBigInt64BE(this.at));
    this.at += 24; // with the last stable offset and the start of the log
    if (this.int32() > 0) throw new UnusualAnswerError('aborted transactions');
    const preferredReadReplica = this.int32();
    const messages = this.messages();
    return {
      partition,
      errorCode,
      highWatermark,
      abortedTransactions: [],
      preferredReadReplica,
      messages,
    };
  }

  /** Whole batches; the last one may be cut off by the size that was asked for. */
  private messages(): readonly FetchedRecord[] {
    const { buffer } = this;
    const size = this.int32();
    if (size <= 0) return [];
    const end = this.at + size;
    const messages: FetchedRecord[] = [];
    while (this.at + BATCH_HEADER_BYTES <= end) {
      if (buffer.readInt8(this.at + MAGIC_AT) !== MAGIC) throw new UnusualAnswerError('format');
      const batchEnd = this.at + BYTES_BEFORE_LENGTH_END + buffer.readInt32BE(this.at + 8);
      if (batchEnd < this.at + BATCH_HEADER_BYTES) throw new Error(PAST_ITS_END);
      if (batchEnd > end) break;
      this.batch(batchEnd, messages);
      this.at = batchEnd;
    }
    this.at = end;
    return messages;
  }

  private batch(end: number, messages: FetchedRecord[]): void {
    const { buffer, at } = this;
    const firstOffset = Number(buffer.readBigInt64BE(at));
    const attributes = buffer.readInt16BE(at + ATTRIBUTES_AT);
    if ((attributes & COMPRESSION) !== 0) throw new UnusualAnswerError('compression');
    const isControlRecord = (attributes & CONTROL) !== 0;
    const firstMs = Number(buffer.readBigInt64BE(at + FIRST_TIMESTAMP_AT));
    const stamp =
      (attributes & LOG_APPEND_TIME) === 0
        ? undefined
        : String(buffer.readBigInt64BE(at + MAX_TIMESTAMP_AT));
    const count = buffer.readInt32BE(at + RECORDS_COUNT_AT);
    this.at += BATCH_HEADER_BYTES;
    for (let index = 0; index < count; index += 1) {
      const recordBytes = this.varInt();
      const recordEnd = this.at + recordBytes;
      if (recordBytes < 0 || recordEnd > end) throw new Error(PAST_ITS_END);
      this.at += 1; // attributes
      const timestampDelta = this.varLong();
      const offset = String(firstOffset + this.varInt());
      const key = this.bytes();
      const value = this.bytes();
      const headers = this.headers(recordEnd);
      const timestamp = stamp ?? String(firstMs + timestampDelta);
      if (this.at > recordEnd) throw new Error(PAST_ITS_END);
      messages.push({ offset, timestamp, key, value, headers, isControlRecord });
      this.at = recordEnd;
    }
  }

  /** Of a name given twice the first value; nobody's headers become an object's prototype. */
  private headers(end: number): Record<string, HeaderValue> {
    const headers: Record<string, HeaderValue> = {};
    const count = this.varInt();
    for (let index = 0; index < count; index += 1) {
      if (this.at >= end) throw new Error(PAST_ITS_END);
      const name = this.text(this.varInt());
      const value = this.textOrBytes();
      if (name !== '__proto__' && !Object.hasOwn(headers, name)) headers[name] = value;
    }
    return headers;
  }

  private textOrBytes(): HeaderValue {
    const length = this.varInt();
    if (length < 0) return null;
    const start = this.at;
    this.at += length;
    return length <= SHORT_TEXT && this.isAscii(start, this.at)
      ? this.buffer.toString('latin1', start, this.at)
      : this.buffer.subarray(start, this.at);
  }

  private isAscii(start: number, end: number): boolean {
    for (let index = start; index < end; index += 1) {
      if ((this.buffer[index] ?? 0) > 0x7f) return false;
    }
    return true;
  }

  private bytes(): Buffer | null {
    const length = this.varInt();
    if (length < 0) return null;
    const start = this.at;
    this.at += length;
    return this.buffer.subarray(start, this.at);
  }

  private text(length: number): string {
    if (length < 0) throw new Error(PAST_ITS_END);
    return this.buffer.toString('utf8', this.at, (this.at += length));
  }

  private array<T>(read: () => T): T[] {
    const count = this.int32();
    const items: T[] = [];
    for (let index = 0; index < count; index += 1) items.push(read());
    return items;
  }

  private int16(): number {
    const value = this.buffer.readInt16BE(this.at);
    this.at += 2;
    return value;
  }

  private int32(): number {
    const value = this.buffer.readInt32BE(this.at);
    this.at += 4;
    return value;
  }

  private varInt(): number {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = this.buffer[this.at] ?? 0;
      this.at += 1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
      shift += 7;
    }
  }

  /** Exact up to 2^53, which no time in milliseconds reaches. */
  private varLong(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.buffer[this.at] ?? 0;
      this.at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      factor *= 128;
    }
  }
}
