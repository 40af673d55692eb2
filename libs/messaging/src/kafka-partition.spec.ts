import { createRequire } from 'node:module';
import fc from 'fast-check';
import { kafkaPartitionOf } from './kafka-partition';

const murmur2 = createRequire(__filename)('kafkajs/src/producer/partitioners/default/murmur2') as (
  key: string,
) => number;

describe('kafkaPartitionOf', () => {
  it("gives every key the partition that Kafka's own partitioner gives it", () => {
    const keys = fc.oneof(fc.uuid(), fc.string(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 64 }), (key, count) => {
        expect(kafkaPartitionOf(key, count)).toBe((murmur2(key) & 0x7fffffff) % count);
      }),
      { numRuns: 2_000 },
    );
  });
});
