import { createRequire } from 'node:module';
import fc from 'fast-check';
import { decodeFetch } from './kafka-fetch-decoder';
import { encodeFetch } from './kafka-fetch-encoder';
import { encodeProduce } from './kafka-produce-encoder';

const load = createRequire(__filename);
const crc32C = load('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;
const originalRequest = load('kafkajs/src/protocol/requests/fetch/v11/request') as (
  request: object,
) => { encode(): Promise<{ buffer: Buffer }> };
const originalResponse = load('kafkajs/src/protocol/requests/fetch/v11/response') as {
  decode(payload: Buffer): Promise<Answer>;
};

const BATCH_HEADER_BYTES = 61;

type Answer = NonNullable<ReturnType<typeof decodeFetch>>;

const bytes = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
);
/** Of a header named as what every object has, kafkajs makes a list with that in it; see below. */
const headerName = fc
  .string({ minLength: 1, maxLength: 80 })
  .filter((name) => !(name in Object.prototype));
const message = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(headerName, bytes, { maxKeys: 12 }),
});
const batch = fc.record({
  messages: fc.array(message, { minLength: 1, maxLength: 40 }),
  firstOffset: fc.integer({ min: 0, max: 2 ** 50 }),
  isStampedByBroker: fc.boolean(),
});
const partition = fc.record({
  partition: fc.nat(64),
  errorCode: fc.integer({ min: -1, max: 80 }),
  highWatermark: fc.integer({ min: -1, max: 2 ** 50 }),
  batches: fc.array(batch, { maxLength: 3 }),
  /** Bytes of the last batch that the size of the answer cut off. */
  cutOff: fc.nat(80),
});
const topics = fc.array(
  fc.record({
    topic: fc.string({ minLength: 1, maxLength: 40 }),
    partitions: fc.array(partition, { maxLength: 4 }),
  }),
  { maxLength: 3 },
);

type TopicsOf<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;
type Topics = TopicsOf<typeof topics>;

/** As a produce request carries it, with what the broker adds. */
function recordBatch({
  messages,
  firstOffset,
  isStampedByBroker,
}: Topics[number]['partitions'][number]['batches'][number]): Buffer {
  const topicData = [{ topic: 't', partitions: [{ partition: 0, messages }] }];
  const request = encodeProduce({ acks: -1, timeout: 1, topicData }, crc32C);
  const written = Buffer.from(request.subarray(2 + 2 + 4 + 4 + 3 + 4 + 4 + 4));
  written.writeBigInt64BE(BigInt(firstOffset), 0);
  if (isStampedByBroker) written.writeInt16BE(0x08, 21);
  return written;
}

function answerBytes(ofTopics: Topics): Buffer {
  const parts = [int32(7), int16(0), int32(0), int32(ofTopics.length)];
  for (const { topic, partitions } of ofTopics) {
    parts.push(int16(Buffer.byteLength(topic)), Buffer.from(topic), int32(partitions.length));
    for (const each of partitions) {
      const batches = Buffer.concat(each.batches.map(recordBatch));
      const length = batches.length - each.cutOff;
      // A broker sends at least one whole batch; kafkajs fails at less than the head of one.
      const kept = batches.subarray(0, length < BATCH_HEADER_BYTES ? 0 : length);
      parts.push(int32(each.partition), int16(each.errorCode), int64(each.highWatermark));
      parts.push(int64(0), int64(0), int32(0), int32(-1), int32(kept.length), kept);
    }
  }
  return Buffer.concat(parts);
}

const int16 = (value: number): Buffer => {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
};
const int32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
};
const int64 = (value: number): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt(value));
  return buffer;
};

/** What the consumer goes on with. */
const taken = ({ clientSideThrottleTime, errorCode, responses }: Answer): unknown => ({
  clientSideThrottleTime,
  errorCode,
  responses: responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map((each) => ({
      partition: each.partition,
      errorCode: each.errorCode,
      highWatermark: each.highWatermark,
      preferredReadReplica: each.preferredReadReplica,
      messages: each.messages.map(({ offset, timestamp, key, value, headers, ...rest }) => ({
        offset,
        timestamp,
        key,
        value,
        headers: Object.entries(headers).map(([name, of]) => [
          name,
          of === null ? null : Buffer.from(of),
        ]),
        isControlRecord: rest.isControlRecord,
      })),
    })),
  })),
});

describe('decodeFetch', () => {
  it('reads what kafkajs reads, of whole and of cut off answers', async () => {
    await fc.assert(
      fc.asyncProperty(topics, async (ofTopics) => {
        const payload = answerBytes(ofTopics);
        const answer = decodeFetch(payload);
        expect(answer && taken(answer)).toEqual(taken(await originalResponse.decode(payload)));
      }),
      { numRuns: 150 },
    );
  });

  it('leaves what is compressed, of a transaction or of an old format to kafkajs', () => {
    const written = recordBatch({
      messages: [{ key: 'k', value: 'v', headers: {} }],
      firstOffset: 0,
      isStampedByBroker: true,
    });
    const head = [int32(0), int16(0), int32(0), int32(1), int16(1), Buffer.from('t'), int32(1)];
    head.push(int32(0), int16(0), int64(1), int64(1), int64(0));
    const answer = (aborted: Buffer[], records: Buffer): Buffer =>
      Buffer.concat([...head, ...aborted, int32(-1), int32(records.length), records]);

    const compressed = Buffer.from(written);
    compressed.writeInt16BE(0x01, 21);
    const old = Buffer.from(written);
    old.writeInt8(1, 16);

    expect(decodeFetch(answer([int32(0)], compressed))).toBeNull();
    expect(decodeFetch(answer([int32(0)], old))).toBeNull();
    expect(decodeFetch(answer([int32(1), int64(1), int64(0)], written))).toBeNull();
    expect(decodeFetch(answer([int32(0)], written))).not.toBeNull();
  });

  it('takes a header that is named as what every object has for what it is', () => {
    const headers = Object.fromEntries([
      ['toString', 'a'],
      ['constructor', 'b'],
    ]);
    const answer = decodeFetch(
      answerBytes([
        {
          topic: 't',
          partitions: [
            {
              ...{ partition: 0, errorCode: 0, highWatermark: 1, cutOff: 0 },
              batches: [
                {
                  messages: [{ key: null, value: null, headers }],
                  firstOffset: 0,
                  isStampedByBroker: false,
                },
              ],
            },
          ],
        },
      ]),
    );
    const [read] = answer?.responses[0]?.partitions[0]?.messages ?? [];
    expect(read && Object.entries(read.headers)).toEqual(Object.entries(headers));
  });

  it('comes to an end with an answer whose records lie about their size', () => {
    fc.assert(
      fc.property(topics, fc.infiniteStream(fc.nat(255)), fc.nat(400), (ofTopics, noise, at) => {
        const payload = answerBytes(ofTopics);
        for (let index = at; index < payload.length; index += 7) {
          payload[index] = noise.next().value as number;
        }
        try {
          const { responses } = decodeFetch(payload) ?? { responses: [] };
          const partitions = responses.flatMap((response) => response.partitions);
          const records = partitions.flatMap(({ messages }) => messages);
          expect(records.length).toBeLessThan(payload.length);
        } catch (error) {
          expect(String(error)).toMatch(/past its end|out of range|outside buffer bounds/);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('encodeFetch', () => {
  it('writes, byte for byte, what kafkajs writes', async () => {
    const asked = fc.array(
      fc.record({
        topic: fc.string({ minLength: 1, maxLength: 40 }),
        partitions: fc.array(
          fc.record({
            partition: fc.nat(300),
            fetchOffset: fc.maxSafeNat().map(String),
            maxBytes: fc.nat(2 ** 30),
          }),
          { maxLength: 5 },
        ),
      }),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(asked, fc.string({ maxLength: 9 }), async (ofTopics, rackId) => {
        const request = { maxWaitTime: 500, minBytes: 1, maxBytes: 9, topics: ofTopics, rackId };
        const { buffer } = await originalRequest({
          ...request,
          replicaId: -1,
          isolationLevel: 1,
        }).encode();
        expect(encodeFetch(request).equals(buffer)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
