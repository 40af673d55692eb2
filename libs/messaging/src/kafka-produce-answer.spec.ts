import fc from 'fast-check';
import { KafkaBrokerClock } from './kafka-broker-clock';
import { PARTITION_MISSING, PartitionsRefusedError, readAnswers } from './kafka-produce-answer';
import { TopicQueue, type Entry } from './kafka-produce-queue';

const PARTITIONS = 4;
const TOPIC = 'message.submitted.v1';

/** What a broker may say of a partition, and what none should. */
const answers = fc.array(
  fc.record({
    partition: fc.integer({ min: 0, max: PARTITIONS - 1 }),
    errorCode: fc.oneof(fc.constant(0), fc.integer({ min: -1, max: 120 })),
    logAppendTime: fc.option(
      fc.oneof(
        fc.maxSafeInteger().map(String),
        fc.constantFrom('-1', '0', '', 'soon', '1800000000000'),
      ),
      { nil: undefined },
    ),
  }),
  { maxLength: 8 },
);

describe('the answer to a produce request', () => {
  it('leaves no record without its fate, whatever it says or leaves out', () => {
    fc.assert(
      fc.property(
        answers,
        fc.array(fc.integer({ min: 0, max: PARTITIONS - 1 }), { minLength: 1, maxLength: 20 }),
        (given, partitions) => {
          const queue = new TopicQueue(TOPIC, PARTITIONS);
          const entries = partitions.map((partition) => ({ partition, queue }) as Entry);
          const written: Entry[] = [];
          const refused = refusedBy(() => {
            readAnswers(
              entries,
              given.map((answer) => ({ topicName: TOPIC, ...answer })),
              Date.now(),
              {
                clock: new KafkaBrokerClock(),
                queueOf: () => queue,
                owner: { acknowledged: (entry) => written.push(entry) },
              },
            );
          });
          const told = [...written, ...[...refused.values()].flat()];
          expect(new Set(told)).toEqual(new Set(entries));
          expect(told).toHaveLength(entries.length);
          const named = new Set(given.map(({ partition }) => partition));
          for (const entry of refused.get(PARTITION_MISSING) ?? []) {
            expect(named.has(entry.partition)).toBe(false);
          }
          for (const entry of written) expect(named.has(entry.partition)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function refusedBy(read: () => void): ReadonlyMap<number, readonly Entry[]> {
  try {
    read();
    return new Map();
  } catch (error) {
    if (error instanceof PartitionsRefusedError) return error.refused;
    throw error;
  }
}
