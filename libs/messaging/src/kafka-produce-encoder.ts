type Bytes = Buffer | string | null;

interface Message {
  readonly key: Bytes;
  readonly value: Bytes;
  readonly headers?: Readonly<Record<string, Buffer | string>>;
}

interface TopicData {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly messages: readonly Message[];
  }[];
}

export interface ProduceRequest {
  readonly acks: number;
  readonly timeout: number;
  readonly topicData: readonly TopicData[];
}

const MAGIC = 2;
/** Of a record batch, from its first offset to the count of its records. */
const BATCH_HEADER_BYTES = 61;
/** The part of it that the length, and the part that the checksum does not cover. */
const BYTES_BEFORE_LENGTH_END = 12;
const BYTES_BEFORE_CHECKSUM_END = 21;

/**
 * The body of a produce request (versions 3 to 7), written in one pass into one buffer. kafkajs makes a buffer of
 * 512 bytes for each header of each record, which is most of what a hop costs.
 *
 * @param crc32C CRC-32C of bytes
 * @throws TypeError when a key, value or header is neither text nor bytes
 */
export function encodeProduce(
  { acks, timeout, topicData }: ProduceRequest,
  crc32C: (bytes: Buffer) => number,
): Buffer {
  const sizes = topicData.map(({ partitions }) =>
    partitions.map(({ messages }) => messages.map(sizeOfRecord)),
  );
  const buffer = Buffer.allocUnsafe(sizeOfRequest(topicData, sizes));
  let at = buffer.writeInt16BE(-1, 0);
  at = buffer.writeInt16BE(acks, at);
  at = buffer.writeInt32BE(timeout, at);
  at = buffer.writeInt32BE(topicData.length, at);
  for (const [index, { topic, partitions }] of topicData.entries()) {
    at = buffer.writeInt16BE(Buffer.byteLength(topic), at);
    at += buffer.write(topic, at);
    at = buffer.writeInt32BE(partitions.length, at);
    for (const [place, { partition, messages }] of partitions.entries()) {
      at = buffer.writeInt32BE(partition, at);
      const start = at + 4;
      at = writeBatch(buffer, start, messages, sizes[index]?.[place] ?? []);
      buffer.writeInt32BE(at - start, start - 4);
      const checked = buffer.subarray(start + BYTES_BEFORE_CHECKSUM_END, at);
      buffer.writeUInt32BE(crc32C(checked), start + BYTES_BEFORE_CHECKSUM_END - 4);
    }
  }
  return buffer;
}

function sizeOfRequest(topicData: readonly TopicData[], sizes: readonly number[][][]): number {
  let size = 12;
  for (const [index, { topic, partitions }] of topicData.entries()) {
    size += 6 + Buffer.byteLength(topic);
    for (const place of partitions.keys()) {
      size += 8 + BATCH_HEADER_BYTES;
      for (const record of sizes[index]?.[place] ?? []) size += sizeOfVarInt(record) + record;
    }
  }
  return size;
}

/** Stamps are the broker's (LogAppendTime); ours stand there for a topic that keeps the producer's. */
function writeBatch(
  buffer: Buffer,
  start: number,
  messages: readonly Message[],
  sizes: readonly number[],
): number {
  const now = BigInt(Date.now());
  const lastOffsetDelta = messages.length - 1;
  let at = buffer.writeBigInt64BE(0n, start) + 4;
  at = buffer.writeInt32BE(0, at);
  at = buffer.writeInt8(MAGIC, at) + 4;
  at = buffer.writeInt16BE(0, at);
  at = buffer.writeInt32BE(lastOffsetDelta, at);
  at = buffer.writeBigInt64BE(now, at);
  at = buffer.writeBigInt64BE(now, at);
  at = buffer.writeBigInt64BE(-1n, at);
  at = buffer.writeInt16BE(-1, at);
  at = buffer.writeInt32BE(-1, at);
  at = buffer.writeInt32BE(messages.length, at);
  for (const [offsetDelta, message] of messages.entries()) {
    at = writeVarInt(buffer, at, sizes[offsetDelta] ?? 0);
    at = writeRecord(buffer, at, message, offsetDelta);
  }
  buffer.writeInt32BE(at - start - BYTES_BEFORE_LENGTH_END, start + BYTES_BEFORE_LENGTH_END - 4);
  return at;
}

function writeRecord(buffer: Buffer, start: number, message: Message, offsetDelta: number): number {
  // Attributes and the delta of the stamp.
  let at = buffer.writeInt16BE(0, start);
  at = writeVarInt(buffer, at, offsetDelta);
  at = writeBytes(buffer, at, message.key);
  at = writeBytes(buffer, at, message.value);
  const { headers } = message;
  at = writeVarInt(buffer, at, countOf(headers));
  for (const name in headers) {
    at = writeBytes(buffer, at, name);
    at = writeBytes(buffer, at, headers[name] ?? null);
  }
  return at;
}

/** Without the length before it. */
function sizeOfRecord({ key, value, headers }: Message, offsetDelta: number): number {
  let size = 2 + sizeOfVarInt(offsetDelta) + sizeOfBytes(key) + sizeOfBytes(value);
  size += sizeOfVarInt(countOf(headers));
  for (const name in headers) size += sizeOfBytes(name) + sizeOfBytes(headers[name] ?? null);
  return size;
}

function countOf(headers: Message['headers']): number {
  let count = 0;
  for (const name in headers) if (name in headers) count += 1;
  return count;
}

/** Text this short is cheaper to walk through than to hand to the runtime. */
const SHORT_TEXT = 64;

function isShortAscii(text: string): boolean {
  if (text.length > SHORT_TEXT) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}

function lengthOf(bytes: Buffer | string): number {
  if (typeof bytes !== 'string') {
    if (!Buffer.isBuffer(bytes)) throw new TypeError('neither text nor bytes');
    return bytes.length;
  }
  return isShortAscii(bytes) ? bytes.length : Buffer.byteLength(bytes);
}

function sizeOfBytes(bytes: Bytes): number {
  if (bytes === null) return 1;
  const length = lengthOf(bytes);
  return sizeOfVarInt(length) + length;
}

function writeBytes(buffer: Buffer, start: number, bytes: Bytes): number {
  if (bytes === null) return writeVarInt(buffer, start, -1);
  const at = writeVarInt(buffer, start, lengthOf(bytes));
  if (typeof bytes !== 'string') return at + bytes.copy(buffer, at);
  if (!isShortAscii(bytes)) return at + buffer.write(bytes, at);
  for (let index = 0; index < bytes.length; index += 1) {
    buffer[at + index] = bytes.charCodeAt(index);
  }
  return at + bytes.length;
}

/** Zigzag: -1, which says that nothing is there, takes one byte. */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

function sizeOfVarInt(value: number): number {
  let size = 1;
  for (let rest = zigzag(value); rest > 0x7f; rest = Math.floor(rest / 128)) size += 1;
  return size;
}

function writeVarInt(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = zigzag(value);
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) {
    buffer[at] = (rest % 128) | 0x80;
    at += 1;
  }
  buffer[at] = rest;
  return at + 1;
}
