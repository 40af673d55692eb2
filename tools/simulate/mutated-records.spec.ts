import type { TopicName } from '@gateway/contracts';
import { encodeJourney, recordOf } from '@gateway/contracts';
import {
  BatchRunner,
  type HandledTopic,
  type InboundRecord,
  type OutboundRecord,
} from '@gateway/messaging';
import fc from 'fast-check';
import { seeded } from '../faults/seeded';
import { SimBroker } from './sim-broker';
import { SimDatabase } from './sim-database';
import { SimInstances, SimKeys, SimMessages } from './sim-dispatcher-stores';
import { SimHolds, SimRateCards } from './sim-holds';
import { SimMeta, SimMetaClient } from './sim-meta';
import { SimReplies, simMessaging } from './sim-messaging';
import { FAIR, SimProcess } from './sim-process';
import { billing, dispatcher, rateLimiter } from './sim-services';
import { VirtualTime } from './virtual-time';

const ORG = '00000000-0000-7000-8000-00000000000a';
const APP = '00000000-0000-7000-8000-0000000000a1';
const END_MS = 60_000;

const idOf = (index: number): string =>
  `01a3185c-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;

/** A good record of a topic of the path. */
function goodRecord(topic: TopicName, index: number, nowMs: number): OutboundRecord {
  const messageId = idOf(index);
  if (topic === 'message.settled.v1') {
    const outcome = 'rejected' as const;
    return recordOf(topic, APP, {
      ...{ messageId, orgId: ORG, appId: APP, outcome },
      billable: true,
      atMs: nowMs,
    });
  }
  const journey = {
    ...{ messageId, orgId: ORG, appId: APP, keyId: APP, replyPartition: 0, ttlMs: 10_000 },
    ...({ type: 'text', isFake: false, isMmlite: false, isLate: false } as const),
    limits: { perSecond: 10_000, perMinute: 100_000 },
    submittedAtMs: nowMs,
  };
  return { topic, key: APP, value: '{"to":"1","type":"text"}', headers: encodeJourney(journey) };
}

type Mutation = (record: OutboundRecord) => OutboundRecord;

const bytes = fc.uint8Array({ maxLength: 60 }).map((raw) => Buffer.from(raw));

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  bytes.map((value): Mutation => (record) => ({ ...record, value })),
  fc.json().map((value): Mutation => (record) => ({ ...record, value })),
  fc.constant<Mutation>((record) => ({ ...record, value: null })),
  fc.constant<Mutation>((record) => ({ ...record, headers: {} })),
  fc.tuple(fc.nat(), bytes).map(([at, value]): Mutation => (record) => {
    const names = Object.keys(record.headers ?? {});
    const name = names[at % Math.max(names.length, 1)] ?? 'x-message-id';
    return { ...record, headers: { ...record.headers, [name]: value } };
  }),
  fc.tuple(fc.nat(), fc.nat(255)).map(([at, byte]): Mutation => (record) => {
    const value = Buffer.from(record.value ?? '');
    if (value.length > 0) value[at % value.length] = byte;
    return { ...record, value };
  }),
  fc.constant<Mutation>((record) => ({ ...record, value: Buffer.alloc(500_000, 'x') })),
);

/** The product's handlers of the whole path, each with the runner that feeds it, and good weather. */
async function path() {
  const random = seeded(1);
  const time = new VirtualTime(random);
  const restore = time.install();
  const violations: string[] = [];
  const violated = (text: string): void => void violations.push(text);
  const surroundings = { time, random, weather: FAIR, trace: () => undefined };
  const process = new SimProcess('dispatcher', 'all', surroundings);
  const database = new SimDatabase([ORG], 1_000_000_000n, violated);
  const broker = new SimBroker(surroundings, violated);
  const messaging = simMessaging(process, broker, new SimReplies(), {
    partition: 0,
    dispatchers: () => [],
  });
  const messages = new SimMessages(process, database);
  const opened = dispatcher(
    process,
    messaging,
    {
      messages,
      instances: new SimInstances(process, database),
      keys: new SimKeys(process, database, messages),
      meta: new SimMetaClient(process, new SimMeta(violated)),
      onRefused: () => undefined,
    },
    { bytes: (size) => Buffer.alloc(size, 1) },
  );
  let isStarted = false;
  void opened.start().then(() => (isStarted = true));
  await time.run(() => isStarted, END_MS);
  const stores = {
    holds: new SimHolds(process, database),
    rateCards: new SimRateCards(process),
  };
  const handled = [
    ...rateLimiter(messaging, time),
    ...billing(process, messaging, stores, time),
    ...opened.handled,
  ];
  const close = (): void => {
    process.die('at the end');
    restore();
  };
  return { time, handled, violations, close };
}

/** Feeds a handler and says which records went to the dead letter once all have ended. */
async function feed(
  topic: HandledTopic,
  records: readonly OutboundRecord[],
  time: VirtualTime,
): Promise<ReadonlySet<bigint>> {
  const dead = new Set<bigint>();
  const fatal: unknown[] = [];
  const runner: BatchRunner = new BatchRunner(
    topic,
    {
      deadLetter: (_group, { offset }) => {
        dead.add(offset);
        return Promise.resolve();
      },
      onFinished: (partition, position) => {
        runner.confirm(partition, position);
      },
      onFatal: (error) => fatal.push(error),
    },
    {
      called: () => undefined,
      retried: () => undefined,
      deadLettered: () => undefined,
      journeyNotEnded: () => undefined,
    },
  );
  void runner.push(
    records.map((record, index): InboundRecord => ({
      ...{ topic: record.topic, partition: 0, offset: BigInt(index), key: record.key },
      timestampMs: Math.floor(time.nowMs()),
      value: typeof record.value === 'string' ? Buffer.from(record.value) : record.value,
      headers: record.headers ?? {},
    })),
  );
  const isOver = await time.run(() => runner.inFlight === 0, END_MS);
  expect(fatal).toEqual([]);
  expect(isOver).toBe(true);
  return dead;
}

describe('records changed by machine', () => {
  it.each([
    'message.submitted.v1',
    'message.admitted.v1',
    'message.funded.v1',
    'message.settled.v1',
  ] as const)(
    'of %s end, in the dead letter or handled, and the good ones among them are handled',
    async (name) => {
      let next = 0;
      const { time, handled, violations, close } = await path();
      try {
        const topic = handled.find((each) => each.topic === name);
        if (!topic) throw new Error(`nobody handles ${name}`);
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.option(mutation), { minLength: 1, maxLength: 12 }),
            async (mutations) => {
              const records = mutations.map((mutate) => {
                const good = goodRecord(name, (next += 1), Math.floor(time.nowMs()));
                return mutate ? mutate(good) : good;
              });
              const dead = await feed(topic, records, time);
              mutations.forEach((mutate, index) => {
                if (mutate === null) expect(dead.has(BigInt(index))).toBe(false);
              });
            },
          ),
          { numRuns: 60, examples: [[[(record) => ({ ...record, value: ' ' }), null]]] },
        );
        expect(violations).toEqual([]);
      } finally {
        close();
      }
    },
  );
});
