import { createRequire } from 'node:module';
import fc from 'fast-check';
import { encodeProduce } from './kafka-produce-encoder';

const load = createRequire(__filename);
const crc32C = load('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;
/** Version 3 has the same body, and is not replaced. */
const original = load('kafkajs/src/protocol/requests/produce/v3/request') as (request: object) => {
  encode(): Promise<{ buffer: Buffer }>;
};

const bytes = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
);
const message = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(fc.string({ maxLength: 80 }), bytes, { maxKeys: 12 }),
});
const topicData = fc.array(
  fc.record({
    topic: fc.string({ minLength: 1, maxLength: 40 }),
    partitions: fc.array(
      fc.record({
        partition: fc.nat(64),
        messages: fc.array(message, { minLength: 1, maxLength: 80 }),
      }),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 3 },
);

/** Where the two may differ: producer id and sequence of a producer that is not idempotent, and so the checksum. */
async function expected(topics: object[], now: number): Promise<Buffer> {
  const request = original({
    acks: -1,
    timeout: 5_000,
    transactionalId: null,
    producerEpoch: -1,
    topicData: topics.map((topic) => withSequence(topic as never, now)),
  });
  return (await request.encode()).buffer;
}

const withSequence = (
  { topic, partitions }: { topic: string; partitions: { messages: object[] }[] },
  now: number,
): object => ({
  topic,
  partitions: partitions.map((partition) => ({
    ...partition,
    firstSequence: -1,
    messages: partition.messages.map((each) => ({ ...each, timestamp: now })),
  })),
});

describe('encodeProduce', () => {
  afterEach(() => jest.restoreAllMocks());

  it('writes, byte for byte, what kafkajs writes', async () => {
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now);
    await fc.assert(
      fc.asyncProperty(topicData, async (topics) => {
        const encoded = encodeProduce({ acks: -1, timeout: 5_000, topicData: topics }, crc32C);
        expect(encoded.equals(await expected(topics, now))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a header that is neither text nor bytes', () => {
    const headers = { 'x-bad': 7 } as unknown as Record<string, string>;
    const partitions = [{ partition: 0, messages: [{ key: 'k', value: 'v', headers }] }];
    const request = { acks: -1, timeout: 1, topicData: [{ topic: 't', partitions }] };
    expect(() => encodeProduce(request, crc32C)).toThrow(TypeError);
  });
});
