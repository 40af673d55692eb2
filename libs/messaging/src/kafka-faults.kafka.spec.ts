import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { TopicName } from '@gateway/contracts';
import { createLogger } from '@gateway/platform';
import { testKafka, type TestKafka, until } from '@gateway/testing';
import type { HandledTopic } from './batch-runner';
import type { ProduceExpiredError } from './failure';
import type { KafkaConfig } from './kafka-config';
import type { KafkaConsumer } from './kafka-consumer';
import { createTopics } from './kafka-topics';
import { createKafkaTransport, type KafkaTransport } from './kafka-transport';
import { RunnerMetrics } from './runner-metrics';

const logger = createLogger({ service: 'spec', level: 'silent' });
const root = join(__dirname, '../../..');

/** A process of its own that joins `rate-limiter` and tells what it handles; the sources are compiled as they load. */
const MEMBER = `
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { transformSync } = require('@swc/core');
const [root, address, clientId] = process.argv.slice(1);
const jsc = { target: 'es2022', parser: { syntax: 'typescript', decorators: true },
  transform: { legacyDecorator: true, decoratorMetadata: true } };
require.extensions['.ts'] = (module, filename) => module._compile(
  transformSync(readFileSync(filename, 'utf8'), { filename, jsc, module: { type: 'commonjs' } }).code, filename);
const resolve = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) =>
  resolve(request.replace(/^@gateway\\/(.*)$/, root + '/libs/$1/src/index.ts'), ...rest);
const { createLogger } = require('@gateway/platform');
const { createKafkaTransport } = require(root + '/libs/messaging/src/kafka-transport.ts');
const { RunnerMetrics } = require(root + '/libs/messaging/src/runner-metrics.ts');
(async () => {
  const logger = createLogger({ service: 'member', level: 'silent' });
  const config = { brokers: [address], clientId, pathPartitions: 4, replicationFactor: 1 };
  const transport = createKafkaTransport(config, { logger });
  await transport.connect();
  const options = { group: 'rate-limiter', concurrency: 1, recordsMax: 100, inFlightMax: 1000 };
  const startedAt = Date.now();
  await transport.consumer({ topic: 'message.submitted.v1', options, handle: async ({ records }) => {
    for (const { value } of records) process.stdout.write('handled ' + value + '\\n');
  } }, new RunnerMetrics(logger)).start();
  process.stdout.write('joined ' + (Date.now() - startedAt) + '\\n');
})();
`;

interface Member {
  readonly child: ChildProcess;
  readonly handled: Set<string>;
  /** Milliseconds from the start of the consumer until it had joined. */
  readonly joinMs: Promise<number>;
}

let kafka: TestKafka;
const open: { close(timeoutMs: number): Promise<void> }[] = [];

const config = (clientId: string): KafkaConfig => ({
  brokers: [kafka.address],
  clientId,
  pathPartitions: 4,
  replicationFactor: 1,
});

function member(clientId: string): Member {
  const child = spawn(process.execPath, ['-e', MEMBER, root, kafka.address, clientId], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  open.push({
    close: () => {
      child.kill('SIGKILL');
      return Promise.resolve();
    },
  });
  const handled = new Set<string>();
  const joinMs = new Promise<number>((resolve) => {
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString()}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [word = '', text = ''] = line.split(' ');
        if (word === 'joined') resolve(Number(text));
        else handled.add(text);
      }
    });
  });
  return { child, handled, joinMs };
}

async function transport(clientId: string): Promise<KafkaTransport> {
  const created = createKafkaTransport(config(clientId), { logger });
  open.push(created);
  await created.connect();
  return created;
}

async function consume(
  of: KafkaTransport,
  topic: TopicName,
  group: HandledTopic['options']['group'],
  onValue: (value: string) => void,
): Promise<KafkaConsumer> {
  const consumer = of.consumer(
    {
      topic,
      options: { group, concurrency: 2, recordsMax: 500, inFlightMax: 2_000 },
      handle: (batch) => {
        for (const { value } of batch.records) onValue(String(value));
        return Promise.resolve();
      },
    },
    new RunnerMetrics(logger),
  );
  open.unshift(consumer);
  await consumer.start();
  return consumer;
}

const submitted = (of: KafkaTransport, prefix: string, count = 40): Promise<void> =>
  of.producer.sendAll(
    Array.from({ length: count }, (_, index) => ({
      topic: 'message.submitted.v1' as const,
      key: `key-${index}`,
      value: `${prefix}-${index}`,
    })),
  );

const pause = (pauseMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, pauseMs));

const has = (values: ReadonlySet<string>, prefix: string, count = 40): boolean =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`).every((each) =>
    values.has(each),
  );

beforeAll(async () => {
  kafka = await testKafka();
  await createTopics(config('spec-topics'), logger);
});

afterEach(async () => {
  for (const each of open.splice(0)) await each.close(2_000);
});

afterAll(async () => {
  await kafka.close();
});

describe('a process killed with kill -9', () => {
  it('takes its own place in the group when it starts again, without the end of the dead session', async () => {
    const of = await transport('spec-killer');
    const first = member('host-limiter-1');
    await first.joinMs;
    await submitted(of, 'before');
    await until(() => has(first.handled, 'before'));
    first.child.kill('SIGKILL');
    await submitted(of, 'between');
    const second = member('host-limiter-1');
    expect(await second.joinMs).toBeLessThan(1_500);
    await submitted(of, 'after');
    await until(() => has(second.handled, 'between') && has(second.handled, 'after'));
  });

  it('does not take the place of a live process that has the same name', async () => {
    const of = await transport('host-limiter-2');
    const live = member('host-limiter-2');
    await live.joinMs;
    const own = new Set<string>();
    await consume(of, 'message.submitted.v1', 'rate-limiter', (value) => own.add(value));
    let round = 0;
    // Both work: each gets records of its partitions, in more than one round after the join.
    await until(() => {
      round += 1;
      void submitted(of, `round${round}`);
      return round > 20 && live.handled.size > 100 && own.size > 100;
    });
    const before = live.handled.size;
    await submitted(of, 'last');
    await until(
      () => live.handled.size > before && has(new Set([...live.handled, ...own]), 'last'),
    );
    expect(live.child.exitCode).toBeNull();
  });
});

describe('a broker killed with kill -9 and started again', () => {
  it('lets every send resolve, and records flow within 3 s of its return', async () => {
    const of = await transport('spec-broker');
    const table: string[] = [];
    const replies: string[] = [];
    const seen = new Set<string>();
    await consume(of, 'message.admitted.v1', 'billing-hold', (value) => seen.add(value));
    await of.readPartition('replies.v1', 3, (batch) => {
      replies.push(...batch.map(({ value }) => String(value)));
    });
    await of.tables.read('tenancy.changed.v1', (batch) => {
      table.push(...batch.map(({ value }) => String(value)));
    });
    const sends: Promise<unknown>[] = [];
    let count = 0;
    const timer = setInterval(() => {
      const record = {
        topic: 'message.admitted.v1',
        key: `k${count}`,
        value: `v${count}`,
      } as const;
      sends.push(of.producer.send(record));
      count += 1;
    }, 10);
    await until(() => seen.size > 100);

    await kafka.broker.kill();
    await until(() => of.problems().length > 0);
    await pause(1_000);
    await kafka.broker.start();
    const backAtMs = Date.now();
    const lastBefore = count;
    await until(() => seen.has(`v${lastBefore}`));
    expect(Date.now() - backAtMs).toBeLessThan(3_000);

    clearInterval(timer);
    await Promise.all(sends);
    await until(() => seen.size === count);
    await of.replyProducer.send({ topic: 'replies.v1', key: 'k', value: 'late', partition: 3 });
    await of.producer.send({ topic: 'tenancy.changed.v1', key: 'k', value: 'late' });
    await until(() => replies.includes('late') && table.includes('late'));
    await until(() => of.problems().length === 0);
  });

  it('tells what was handed over from what surely is not in the log', async () => {
    const of = await transport('spec-deadline');
    await of.producer.send({ topic: 'message.admitted.v1', key: 'k', value: 'x' });
    await kafka.broker.kill();
    const expired = (value: string): Promise<ProduceExpiredError> =>
      of.producer
        .send({ topic: 'message.admitted.v1', key: 'k', value }, { deadlineMs: Date.now() + 1_000 })
        .then(
          () => Promise.reject(new Error('it was acknowledged')),
          (error: unknown) => error as ProduceExpiredError,
        );
    const first = expired('first');
    await pause(200);
    const later = ['a', 'b', 'c'].map(expired);
    expect(await first).toMatchObject({ name: 'ProduceExpiredError', wasHandedOver: true });
    const handedOver = (await Promise.all(later)).map(({ wasHandedOver }) => wasHandedOver);
    // One record may try whether the broker is back; the others wait.
    expect(handedOver.slice(1)).toEqual([false, false]);
    await kafka.broker.start();
    // Also when nobody sends anything: to a process that is not ready nobody would.
    await until(() => of.problems().length === 0);

    const seen = new Set<string>();
    await consume(of, 'message.admitted.v1', 'billing-hold', (value) => seen.add(value));
    await of.producer.send({ topic: 'message.admitted.v1', key: 'k', value: 'end' });
    await until(() => seen.has('end'));
    expect([...seen].filter((value) => ['b', 'c'].includes(value))).toEqual([]);
  });

  it('is waited for by a process that starts before it', async () => {
    await kafka.broker.kill();
    const early = createKafkaTransport(config('spec-early'), { logger });
    open.push(early);
    const connected = early.connect();
    await pause(500);
    expect(early.problems()).toContain('the path producer is not connected');
    await kafka.broker.start();
    await connected;
    await early.producer.send({ topic: 'message.admitted.v1', key: 'k', value: 'there' });
  });
});
