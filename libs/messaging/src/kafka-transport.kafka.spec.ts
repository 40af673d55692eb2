import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import type { TopicName } from '@gateway/contracts';
import { createLogger } from '@gateway/platform';
import { testKafka, type TestKafka, until } from '@gateway/testing';
import { BatchHandler } from './batch-handler.decorator';
import type { HandledTopic } from './batch-runner';
import { InvalidRecordError, ProduceExpiredError } from './failure';
import type { KafkaConfig } from './kafka-config';
import type { KafkaConsumer } from './kafka-consumer';
import { kafkaServer } from './kafka-server';
import { createTopics, PartitionDecreaseError, wantedTopics } from './kafka-topics';
import { createKafkaTransport, type KafkaTransport } from './kafka-transport';
import { MessagingModule, TRANSPORT } from './messaging.module';
import { RunnerMetrics } from './runner-metrics';
import type { Batch, InboundRecord, OutboundRecord } from './types';

const logger = createLogger({ service: 'spec', level: 'silent' });
const events = new RunnerMetrics(logger);

const handledByNest = new Set<string>();

@Controller()
class LimitConsumer {
  @BatchHandler('message.submitted.v1', {
    group: 'rate-limiter',
    concurrency: 1,
    recordsMax: 500,
    inFlightMax: 1_000,
  })
  async limit(batch: Batch): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const { value } of batch.records) handledByNest.add(String(value));
  }
}

@Module({})
class LimiterModule {}

@Module({})
class TransportModule {}

let kafka: TestKafka;
let admin: Admin;
const open: { close(timeoutMs: number): Promise<void> }[] = [];

const config = (clientId: string): KafkaConfig => ({
  brokers: [kafka.address],
  clientId,
  pathPartitions: 4,
  replicationFactor: 1,
});

async function transport(clientId: string): Promise<KafkaTransport> {
  const created = createKafkaTransport(config(clientId), { logger });
  open.push(created);
  await created.connect();
  return created;
}

function handled(
  topic: TopicName,
  group: HandledTopic['options']['group'],
  handle: (batch: Batch) => Promise<void>,
  options: Partial<HandledTopic['options']> = {},
): HandledTopic {
  return {
    topic,
    handle,
    options: { group, concurrency: 2, recordsMax: 500, inFlightMax: 2_000, ...options },
  };
}

async function consume(of: KafkaTransport, topic: HandledTopic): Promise<KafkaConsumer> {
  const consumer = of.consumer(topic, events);
  open.unshift(consumer);
  await consumer.start();
  return consumer;
}

const records = (topic: TopicName, count: number, prefix: string): OutboundRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    topic,
    key: `key-${index % 50}`,
    value: `${prefix}${index}`,
    headers: { 'x-index': String(index) },
  }));

/** Records of each partition that are not committed. */
async function lags(group: string, topic: string): Promise<Map<number, number>> {
  const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const ends = await admin.fetchTopicOffsets(topic);
  return new Map(
    ends.map(({ partition, high }) => {
      const found = committed?.partitions.find((each) => each.partition === partition);
      return [partition, Number(high) - Math.max(0, Number(found?.offset ?? 0))];
    }),
  );
}

async function uncommitted(group: string, topic: string): Promise<number> {
  const counts = await lags(group, topic);
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

beforeAll(async () => {
  kafka = await testKafka();
  admin = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await createTopics(config('spec-topics'), logger);
});

afterEach(async () => {
  for (const each of open.splice(0)) await each.close(2_000);
});

afterAll(async () => {
  await admin.disconnect();
  await kafka.close();
});

describe('createTopics', () => {
  it('finds nothing to do the second time', async () => {
    expect(await createTopics(config('spec-topics'), logger)).toEqual({ created: [], drift: [] });
    const names = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'));
    expect(names.sort()).toEqual(
      wantedTopics(config('x'))
        .map(({ topic }) => topic)
        .sort(),
    );
  });

  it('refuses to take partitions away and reports what differs', async () => {
    const fewer = { ...config('spec-topics'), pathPartitions: 2 };
    await expect(createTopics(fewer, logger)).rejects.toThrow(PartitionDecreaseError);
    const more = { ...config('spec-topics'), pathPartitions: 8 };
    const { created, drift } = await createTopics(more, logger);
    expect(created).toEqual([]);
    expect(drift).toContain('message.submitted.v1 has 4 partitions, not 8');
  });
});

describe('a group', () => {
  it('hands over every record and commits behind the work', async () => {
    const of = await transport('spec-batches');
    const seen = new Set<string>();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const consumer = await consume(
      of,
      handled('message.submitted.v1', 'rate-limiter', (batch) => {
        for (const record of batch.records) {
          seen.add(String(record.value));
          if (String(record.value) === 'a100') batch.defer(record, released);
        }
        return Promise.resolve();
      }),
    );
    await of.producer.sendAll(records('message.submitted.v1', 2_000, 'a'));
    await until(() => seen.size === 2_000);
    const held = of.partitionOf('key-0');
    const lag = (): Promise<Map<number, number>> => lags('rate-limiter', 'message.submitted.v1');
    await until(async () =>
      [...(await lag())].every(([partition, count]) => partition === held || count === 0),
    );
    expect((await lag()).get(held)).toBeGreaterThan(0);
    release();
    await until(async () => (await lag()).get(held) === 0);
    expect(consumer.problems()).toEqual([]);
  });

  it('says when the offset of a record is committed, without waiting for the clock', async () => {
    const of = await transport('spec-committed');
    const uncommittedThen: Promise<number>[] = [];
    await consume(
      of,
      handled('message.admitted.v1', 'billing-hold', (batch) => {
        for (const record of batch.records) {
          const then = batch.committed(record);
          uncommittedThen.push(then.then(() => uncommitted('billing-hold', 'message.admitted.v1')));
        }
        return Promise.resolve();
      }),
    );
    await of.producer.send({ topic: 'message.admitted.v1', key: 'k', value: 'v' });
    await until(() => uncommittedThen.length === 1);
    expect(await uncommittedThen[0]).toBe(0);
  });

  it('buries what cannot be handled, raw bytes and reason, and goes on with the rest', async () => {
    const of = await transport('spec-poison');
    const good: string[] = [];
    const take = (batch: Batch): Promise<void> => {
      for (const record of batch.records) {
        const { value, headers } = record;
        if (value === null || value.length === 0) batch.reject(record, 'empty');
        else if (headers['x-index'] === undefined) batch.reject(record, 'no header');
        else if (value.toString() === 'throws') throw new InvalidRecordError('as it says');
        else if (value.toString().startsWith('good')) good.push(value.toString());
        else batch.reject(record, 'not ours');
      }
      return Promise.resolve();
    };
    await consume(of, handled('message.funded.v1', 'dispatcher-send', take));
    const topic = 'message.funded.v1';
    const headers = { 'x-index': '0' };
    const large = Buffer.alloc(1_000_000, 7);
    const many = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`h${index}`, String(index)]),
    );
    const hostile: OutboundRecord[] = [
      { topic, key: 'k', value: null, headers },
      { topic, key: 'k', value: '', headers },
      { topic, key: 'k', value: Buffer.from([0, 255, 254]) },
      { topic, key: 'k', value: 'throws', headers },
      { topic, key: 'k', value: large, headers },
      { topic, key: 'k', value: 'x', headers: many },
      { topic, key: 'k', value: 'x', headers: { __proto__x: 'y', constructor: 'z' } },
    ];
    const letters: InboundRecord[] = [];
    await of.producer.sendAll([
      ...records(topic, 100, 'good-before-'),
      ...hostile,
      ...records(topic, 100, 'good-after-'),
    ]);
    await until(() => new Set(good).size === 200);
    const letterTopic = 'dispatcher-send.dead-letter.v1' as TopicName;
    await of.tables.read(letterTopic, (batch) => letters.push(...batch));
    await until(() => letters.length >= hostile.length);
    expect(letters.some(({ value }) => value?.equals(large))).toBe(true);
    expect(letters.some(({ value }) => value?.equals(Buffer.from([0, 255, 254])))).toBe(true);
    const reasons = letters.map((letter) => String(letter.headers['x-dead-letter-reason']));
    expect(reasons).toContain('InvalidRecordError: as it says');
    expect(reasons.filter((reason) => reason === 'empty')).toHaveLength(2);
    await until(async () => (await uncommitted('dispatcher-send', topic)) === 0);
  });

  it('loses nothing when a second member joins and leaves under load', async () => {
    const first = await transport('spec-first');
    const seen = new Map<string, number>();
    const member = (by: KafkaTransport): Promise<KafkaConsumer> =>
      consume(
        by,
        handled('message.settled.v1', 'billing-settle', async (batch) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          for (const { value } of batch.records) {
            seen.set(String(value), (seen.get(String(value)) ?? 0) + 1);
          }
        }),
      );
    await member(first);
    const load = { isOn: true, count: 0 };
    const producing = (async () => {
      while (load.isOn) {
        await first.producer.sendAll(records('message.settled.v1', 20, `b${load.count}-`));
        load.count += 1;
      }
    })();
    await until(() => seen.size > 200);
    const second = await member(await transport('spec-second'));
    await until(() => second.runner.position(0) !== null || second.runner.position(3) !== null);
    const before = seen.size;
    await second.close(5_000);
    await until(() => seen.size > before + 200);
    load.isOn = false;
    await producing;
    await until(() => seen.size === load.count * 20);
    const repeated = [...seen.values()].filter((count) => count > 1).length;
    expect(repeated).toBeLessThan(seen.size / 4);
  });

  it('bounds what is in flight and goes on heartbeating while handlers wait', async () => {
    const of = await transport('spec-bound');
    let inFlight = 0;
    let most = 0;
    const gate: { open: () => void; isOpen: Promise<void> } = {
      open: () => undefined,
      isOpen: Promise.resolve(),
    };
    gate.isOpen = new Promise((resolve) => (gate.open = resolve));
    const consumer = await consume(
      of,
      handled(
        'billing.commands.v1',
        'billing-commands',
        async (batch) => {
          inFlight += batch.records.length;
          most = Math.max(most, inFlight);
          await gate.isOpen;
          inFlight -= batch.records.length;
        },
        { inFlightMax: 50, recordsMax: 25 },
      ),
    );
    await of.producer.sendAll(records('billing.commands.v1', 1_000, 'c'));
    await until(() => inFlight === 50);
    // Longer than a session: without heartbeats the group would have lost its member.
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    expect(consumer.problems()).toEqual([]);
    gate.open();
    await until(async () => (await uncommitted('billing-commands', 'billing.commands.v1')) === 0);
    expect(most).toBeLessThanOrEqual(50);
  });
});

describe('the Nest server', () => {
  it('hands batches to handlers and drains and commits when it is closed', async () => {
    const of = await transport('spec-nest');
    const module = {
      module: LimiterModule,
      imports: [
        {
          module: TransportModule,
          global: true,
          providers: [{ provide: TRANSPORT, useValue: of }],
          exports: [TRANSPORT],
        },
        MessagingModule.forService({
          service: 'rate-limiter',
          commandSealing: { current: Buffer.alloc(32, 1) },
          logger,
        }),
      ],
      controllers: [LimitConsumer],
    };
    const strategy = kafkaServer(of, { logger });
    const app = await NestFactory.createMicroservice(module, { strategy, logger: false });
    await app.listen();
    await of.producer.sendAll(records('message.submitted.v1', 500, 'nest'));
    await until(() => handledByNest.size > 0);
    await app.close();
    const isHandled = handledByNest.size;
    const left = await uncommitted('rate-limiter', 'message.submitted.v1');
    // What was taken is finished and committed; what was not taken is the next member's.
    expect(isHandled + left).toBe(500);
  });
});

describe('the producer', () => {
  it('answers with the partition and the stamp of the broker, and learns its clock', async () => {
    const of = await transport('spec-stamp');
    const record = { topic: 'auth.commands.v1', key: 'tenant', value: 'x' } as const;
    const { partition, timestampMs } = await of.producer.send(record);
    expect(partition).toBe(of.partitionOf('tenant'));
    expect(Math.abs(timestampMs - Date.now())).toBeLessThan(2_000);
    expect(Math.abs(of.brokerClock.offsetMs)).toBeLessThan(1_000);
  });

  it('splits what the broker finds too large and rejects the record that is so alone', async () => {
    const of = await transport('spec-large');
    const wide = 'ж'.repeat(4_000);
    const many = Array.from({ length: 300 }, (_, index) => ({
      topic: 'auth.commands.v1' as const,
      key: 'same',
      value: `${index}${wide}`,
    }));
    await of.producer.sendAll(many);
    const tooLarge = of.producer.send({
      topic: 'auth.commands.v1',
      key: 'same',
      value: Buffer.alloc(1_500_000),
    });
    const small = of.producer.send({ topic: 'auth.commands.v1', key: 'same', value: 'small' });
    await expect(tooLarge).rejects.toThrow(InvalidRecordError);
    await expect(small).resolves.toBeDefined();
  });

  it('rejects a record whose headers cannot be encoded, alone', async () => {
    const of = await transport('spec-encode');
    const bad = { 'x-bad': 7 } as unknown as Record<string, string>;
    const rejected = of.producer.send({
      topic: 'auth.commands.v1',
      key: 'k',
      value: 'v',
      headers: bad,
    });
    const sent = of.producer.send({ topic: 'auth.commands.v1', key: 'k', value: 'v' });
    await expect(rejected).rejects.toThrow(InvalidRecordError);
    await expect(sent).resolves.toBeDefined();
  });

  it('lets a missing topic hold up no other, and sends what waits once it is there', async () => {
    const of = await transport('spec-missing');
    await of.producer.send({ topic: 'dispatcher.commands.v1', key: 'k', value: 'before' });
    await admin.deleteTopics({ topics: ['dispatcher.commands.v1'] });
    await until(async () => !(await admin.listTopics()).includes('dispatcher.commands.v1'));
    const waiting = of.producer.send({ topic: 'dispatcher.commands.v1', key: 'k', value: 'v' });
    const others = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        of.producer.send({ topic: 'auth.commands.v1', key: `k${index}`, value: 'other' }),
      ),
    );
    expect(others).toHaveLength(20);
    await until(() => of.problems().some((problem) => problem.includes('dispatcher.commands.v1')));
    await of.producer.send({ topic: 'auth.commands.v1', key: 'k', value: 'still' });
    await createTopics(config('spec-topics'), logger);
    await expect(waiting).resolves.toBeDefined();
    await until(() => of.problems().length === 0);
  });

  it('does not report a topic for which nobody waits any more, or it would be reported until somebody does', async () => {
    const of = await transport('spec-given-up');
    await admin.deleteTopics({ topics: ['dispatcher.commands.v1'] });
    await until(async () => !(await admin.listTopics()).includes('dispatcher.commands.v1'));
    const record: OutboundRecord = { topic: 'dispatcher.commands.v1', key: 'k', value: 'v' };
    const given = of.producer.send(record, { deadlineMs: Date.now() + 3_000 });
    const isGivenUp = expect(given).rejects.toThrow(ProduceExpiredError);
    await until(() => of.problems().some((problem) => problem.includes('dispatcher.commands.v1')));
    await isGivenUp;
    await until(() => of.problems().length === 0);
    await createTopics(config('spec-topics'), logger);
    await expect(of.producer.send(record)).resolves.toBeDefined();
  });

  it('takes back what waits locally and never what was handed over', async () => {
    const of = await transport('spec-take-back');
    const record: OutboundRecord = { topic: 'auth.commands.v1', key: 'k', value: 'taken' };
    const taken = of.producer.send(record);
    expect(of.producer.takeBack(record)).toBe(true);
    await expect(taken).rejects.toMatchObject({ wasHandedOver: false });
    const kept: OutboundRecord = { topic: 'auth.commands.v1', key: 'k', value: 'kept' };
    await of.producer.send(kept);
    expect(of.producer.takeBack(kept)).toBe(false);
  });
});

describe('replies', () => {
  it('come from the one partition of the process, from its end on', async () => {
    const of = await transport('spec-replies');
    const reply = (partition: number, value: string): OutboundRecord => ({
      topic: 'replies.v1',
      key: value,
      value,
      partition,
    });
    await of.replyProducer.send(reply(7, 'before'));
    const got: string[] = [];
    await of.readPartition('replies.v1', 7, (batch) => {
      got.push(...batch.map(({ value }) => String(value)));
    });
    await of.replyProducer.sendAll([reply(7, 'mine'), reply(8, 'not mine'), reply(7, 'mine too')]);
    await until(() => got.length === 2);
    expect(got).toEqual(['mine', 'mine too']);
  });

  it('for a partition that is none are rejected', async () => {
    const of = await transport('spec-no-partition');
    const sent = of.replyProducer.send({ topic: 'replies.v1', key: 'k', value: '', partition: 32 });
    await expect(sent).rejects.toThrow(InvalidRecordError);
  });
});

describe('a table', () => {
  const entity = (key: string, value: string | null): OutboundRecord => ({
    topic: 'tenancy.changed.v1',
    key,
    value,
  });

  it('is read to its end, tombstones included, goes on, and is read again on demand', async () => {
    const of = await transport('spec-table');
    await of.producer.sendAll([entity('a', '1'), entity('b', '1'), entity('a', null)]);
    const table = new Map<string, string>();
    let count = 0;
    const read = await of.tables.read('tenancy.changed.v1', (batch) => {
      for (const { key, value } of batch) {
        count += 1;
        if (value === null) table.delete(key ?? '');
        else table.set(key ?? '', value.toString());
      }
    });
    expect(Object.fromEntries(table)).toEqual({ b: '1' });
    await of.producer.send(entity('c', '2'));
    await until(() => table.get('c') === '2');
    table.clear();
    count = 0;
    await read.resync();
    expect(Object.fromEntries(table)).toEqual({ b: '1', c: '2' });
    expect(count).toBe(4);
    expect(Date.now() - read.lastFetchAtMs()).toBeLessThan(5_000);
  });

  it('is read without a group', async () => {
    const { groups } = await admin.listGroups();
    expect(groups.filter(({ groupId }) => /table|tenancy|replies/.test(groupId))).toEqual([]);
  });

  it('is read from its start when its topic was made anew', async () => {
    const topic: TopicName = 'webhooks.commands.v1';
    const of = await transport('spec-table-anew');
    const command = (value: string): OutboundRecord => ({ topic, key: 'k', value });
    await of.producer.sendAll(['1', '2', '3'].map(command));
    const got: string[] = [];
    await of.tables.read(topic, (batch) => {
      got.push(...batch.map(({ value }) => String(value)));
    });
    expect(got).toEqual(['1', '2', '3']);
    await admin.deleteTopics({ topics: [topic] });
    await until(async () => !(await admin.listTopics()).includes(topic));
    await createTopics(config('spec'), logger);
    // A producer that knew the topic before is not asked: kafkajs fails for a while.
    await (await transport('spec-table-anew-writer')).producer.send(command('4'));
    await until(() => got.includes('4'));
    expect(got).toEqual(['1', '2', '3', '4']);
  });
});
