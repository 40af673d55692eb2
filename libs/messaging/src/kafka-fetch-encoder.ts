/** As kafkajs gives it to an encoder; a broker fills in what its caller leaves out. */
export interface FetchRequest {
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel?: number;
  readonly rackId?: string;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
}

const NO_REPLICA = -1;
const READ_COMMITTED = 1;
const NO_SESSION = 0;
const NO_EPOCH = -1;
const UNKNOWN_OFFSET = -1n;
const PARTITION_BYTES = 28;

/** The body of a fetch request (version 11), in one buffer: kafkajs makes one for each partition and topic. */
export function encodeFetch(request: FetchRequest): Buffer {
  const { topics, rackId = '' } = request;
  const buffer = Buffer.allocUnsafe(sizeOf(request));
  let at = buffer.writeInt32BE(NO_REPLICA, 0);
  at = buffer.writeInt32BE(request.maxWaitTime, at);
  at = buffer.writeInt32BE(request.minBytes, at);
  at = buffer.writeInt32BE(request.maxBytes, at);
  at = buffer.writeInt8(request.isolationLevel ?? READ_COMMITTED, at);
  at = buffer.writeInt32BE(NO_SESSION, at);
  at = buffer.writeInt32BE(NO_EPOCH, at);
  at = buffer.writeInt32BE(topics.length, at);
  for (const { topic, partitions } of topics) {
    at = writeText(buffer, topic, at);
    at = buffer.writeInt32BE(partitions.length, at);
    for (const { partition, fetchOffset, maxBytes } of partitions) {
      at = buffer.writeInt32BE(partition, at);
      at = buffer.writeInt32BE(NO_EPOCH, at);
      at = buffer.writeBigInt64BE(BigInt(fetchOffset), at);
      at = buffer.writeBigInt64BE(UNKNOWN_OFFSET, at);
      at = buffer.writeInt32BE(maxBytes, at);
    }
  }
  at = buffer.writeInt32BE(0, at); // topics to forget
  writeText(buffer, rackId, at);
  return buffer;
}

function sizeOf({ topics, rackId = '' }: FetchRequest): number {
  let size = 35 + Buffer.byteLength(rackId);
  for (const { topic, partitions } of topics) {
    size += 6 + Buffer.byteLength(topic) + partitions.length * PARTITION_BYTES;
  }
  return size;
}

function writeText(buffer: Buffer, text: string, at: number): number {
  const start = buffer.writeInt16BE(Buffer.byteLength(text), at);
  return start + buffer.write(text, start);
}
