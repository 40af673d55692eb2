import 'reflect-metadata';
import { Controller, Module, type DynamicModule, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { COMMANDS, type ServiceName } from '@gateway/contracts';
import { createLogger, metrics } from '@gateway/platform';
import { BatchHandler } from './batch-handler.decorator';
import { CommandHandler } from './command-handler.decorator';
import { InvalidRecordError, ProduceExpiredError } from './failure';
import { HandlersDifferError } from './handler-registry';
import { memoryServer } from './memory-server';
import { createMemoryTransport, type MemoryTransport } from './memory-transport';
import { MessagingModule, TRANSPORT } from './messaging.module';
import type { Batch, InboundRecord, OutboundRecord } from './types';

const logger = createLogger({ service: 'test', level: 'silent' });

/** What the handlers of the test do; each test sets its own. */
interface Behaviour {
  handle: (batch: Batch) => Promise<void>;
  settle: (batch: Batch) => Promise<void>;
  journeysEnded: string[];
}
const behaviour: Behaviour = {
  handle: () => Promise.resolve(),
  settle: () => Promise.resolve(),
  journeysEnded: [],
};

@Controller()
class LimitConsumer {
  private readonly name = 'limits';

  @BatchHandler('message.submitted.v1', {
    group: 'rate-limiter',
    concurrency: 1,
    recordsMax: 1_000,
    inFlightMax: 2_000,
    onDeadLetter: 'endJourney',
  })
  handle(batch: Batch): Promise<void> {
    return behaviour.handle(batch);
  }

  endJourney(record: InboundRecord): Promise<void> {
    behaviour.journeysEnded.push(`${this.name} ${record.key ?? ''}`);
    return Promise.resolve();
  }
}

const billing = { concurrency: 1, recordsMax: 100, inFlightMax: 200 };

@Controller()
class HoldConsumer {
  @BatchHandler('message.admitted.v1', { ...billing, group: 'billing-hold' })
  hold(): Promise<void> {
    return Promise.resolve();
  }
}

@Controller()
class SettleConsumer {
  @BatchHandler('message.settled.v1', { ...billing, group: 'billing-settle' })
  settle(batch: Batch): Promise<void> {
    return behaviour.settle(batch);
  }
}

@Controller()
class PriceConsumer {
  @BatchHandler('message.priced.v1', { ...billing, group: 'billing-price' })
  price(): Promise<void> {
    return Promise.resolve();
  }
}

/** Every command of billing, answered with nothing. */
@Controller()
class WalletController {}
for (const command of Object.keys(COMMANDS.billing)) {
  const descriptor = { value: () => Promise.resolve(null) };
  Object.defineProperty(WalletController.prototype, command, descriptor);
  CommandHandler('billing', command as never)(
    WalletController.prototype,
    command,
    descriptor as never,
  );
}

@Module({})
class TransportModule {
  static of(transport: MemoryTransport): DynamicModule {
    return {
      module: TransportModule,
      global: true,
      providers: [{ provide: TRANSPORT, useValue: transport }],
      exports: [TRANSPORT],
    };
  }
}

@Module({})
class AppModule {}

const apps: INestMicroservice[] = [];

async function start(
  transport: MemoryTransport,
  services: readonly ServiceName[],
  controllers: NonNullable<DynamicModule['controllers']>,
): Promise<INestMicroservice> {
  const commandSealing = { current: Buffer.alloc(32, 7) };
  const module: DynamicModule = {
    module: AppModule,
    imports: [
      TransportModule.of(transport),
      ...services.map((service) => MessagingModule.forService({ service, commandSealing, logger })),
    ],
    controllers,
  };
  const app = await NestFactory.createMicroservice(module, {
    strategy: memoryServer(transport, { logger }),
    logger: false,
  });
  apps.push(app);
  await app.listen();
  return app;
}

function recordAt(records: readonly InboundRecord[], index: number): InboundRecord {
  const record = records[index];
  if (!record) throw new Error(`there is no record ${index}`);
  return record;
}

const newTransport = (): MemoryTransport => createMemoryTransport({ pathPartitions: 4, logger });

const submitted = (key: string): OutboundRecord => ({
  topic: 'message.submitted.v1',
  key,
  value: `value of ${key}`,
  headers: { 'x-key': key },
});

const ticks = async (count = 5): Promise<void> => {
  for (let index = 0; index < count; index += 1) await new Promise(setImmediate);
};

beforeEach(() => {
  behaviour.handle = () => Promise.resolve();
  behaviour.settle = () => Promise.resolve();
  behaviour.journeysEnded = [];
});

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

describe('in-process broker under a Nest app', () => {
  it('hands a burst to the handler as one batch, stamped, in order of each key', async () => {
    const transport = newTransport();
    const batches: (readonly InboundRecord[])[] = [];
    behaviour.handle = (batch) => {
      batches.push(batch.records);
      return Promise.resolve();
    };
    await start(transport, ['rate-limiter'], [LimitConsumer]);
    const before = Date.now();
    const sent = Array.from({ length: 100 }, (_, index) => submitted(`key-${index % 10}`));
    await transport.producer.sendAll(sent.slice(0, 60));
    const acknowledgements = await Promise.all(
      sent.slice(60).map((record) => transport.producer.send(record)),
    );
    await ticks();
    expect(batches.map((batch) => batch.length)).toEqual([100]);
    const [records = []] = batches;
    const last = recordAt(records, 99);
    expect(last.value?.toString()).toBe('value of key-9');
    expect(last.headers).toEqual({ 'x-key': 'key-9' });
    expect(last.timestampMs).toBeGreaterThanOrEqual(before);
    const { partition: partitionOfLast, timestampMs } = last;
    expect(acknowledgements.at(-1)).toEqual({ partition: partitionOfLast, timestampMs });
    expect(new Set(records.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    for (const { key, partition } of records) {
      expect(partition).toBe(transport.partitionOf(key ?? ''));
    }
    for (let partition = 0; partition < 4; partition += 1) {
      const offsets = records.filter((each) => each.partition === partition).map((r) => r.offset);
      expect(offsets).toEqual(offsets.map((_, index) => BigInt(index)));
    }
  });

  it('gives what was produced before the handlers were there to them', async () => {
    const transport = newTransport();
    const seen: string[] = [];
    behaviour.handle = (batch) => {
      seen.push(...batch.records.map(({ key }) => key ?? ''));
      return Promise.resolve();
    };
    await transport.producer.send(submitted('early'));
    await start(transport, ['rate-limiter'], [LimitConsumer]);
    await ticks();
    expect(seen).toEqual(['early']);
  });

  it('redelivers the batch of a handler that threw, with the error itself seen behind Nest', async () => {
    const transport = newTransport();
    const calls: number[] = [];
    behaviour.handle = (batch) => {
      calls.push(batch.records.length);
      return calls.length === 1
        ? Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }))
        : Promise.resolve();
    };
    const app = await start(transport, ['rate-limiter'], [LimitConsumer]);
    await transport.producer.sendAll([submitted('a'), submitted('b')]);
    await app.close();
    expect(calls).toEqual([2, 2]);
    expect(transport.deadLetters).toEqual([]);
  });

  it('ends the journey of a poison record, keeps it as a dead letter, and goes on with the others', async () => {
    const transport = newTransport();
    const handled: string[] = [];
    behaviour.handle = (batch) => {
      if (batch.records.some(({ key }) => key === 'poison')) {
        return Promise.reject(new InvalidRecordError('no journey'));
      }
      handled.push(...batch.records.map(({ key }) => key ?? ''));
      return Promise.resolve();
    };
    const app = await start(transport, ['rate-limiter'], [LimitConsumer]);
    await transport.producer.sendAll(['a', 'b', 'poison', 'c'].map(submitted));
    await app.close();
    expect(handled.sort()).toEqual(['a', 'b', 'c']);
    expect(behaviour.journeysEnded).toEqual(['limits poison']);
    expect(await metrics.registry.metrics()).toContain(
      'gw_dead_letters_total{group="rate-limiter"} 1',
    );
    expect(
      transport.deadLetters.map(({ group, record, reason }) => [group, record.key, reason]),
    ).toEqual([['rate-limiter', 'poison', 'InvalidRecordError: no journey']]);
  });

  it('finishes what is in flight before it closes', async () => {
    const transport = newTransport();
    let finished = 0;
    behaviour.handle = async (batch) => {
      await ticks(20);
      finished += batch.records.length;
    };
    const app = await start(transport, ['rate-limiter'], [LimitConsumer]);
    await transport.producer.send(submitted('a'));
    await app.close();
    expect(finished).toBe(1);
  });

  it('keeps producers waiting at the bound, in order, until there is room', async () => {
    const transport = newTransport();
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const seen: string[] = [];
    behaviour.handle = async (batch) => {
      await opened;
      seen.push(...batch.records.map(({ key }) => key ?? ''));
    };
    await start(transport, ['rate-limiter'], [LimitConsumer]);
    await transport.producer.sendAll(Array.from({ length: 2_000 }, () => submitted('filler')));
    const late = [submitted('late-1'), submitted('late-2'), submitted('late-3')] as const;
    const first = transport.producer.send(late[0]);
    const takenBack = transport.producer.send(late[1]).catch((error: unknown) => error);
    const expired = transport.producer
      .send(late[2], { deadlineMs: Date.now() + 5 })
      .catch((error: unknown) => error);
    expect(transport.producer.queued).toBe(3);
    expect(transport.producer.takeBack(late[1])).toBe(true);
    expect(await takenBack).toEqual(new ProduceExpiredError(false));
    expect(await expired).toMatchObject({ name: 'ProduceExpiredError', wasHandedOver: false });
    expect(transport.producer.queued).toBe(1);
    open();
    await first;
    await ticks();
    expect(seen.filter((key) => key !== 'filler')).toEqual(['late-1']);
    expect(seen).toHaveLength(2_001);
    expect(transport.producer.takeBack(late[0])).toBe(false);
  });
});

describe('in-process broker: outcomes are acknowledged behind their handlers', () => {
  const outcome: OutboundRecord = { topic: 'message.settled.v1', key: 'app', value: '{}' };
  const controllers = [HoldConsumer, SettleConsumer, PriceConsumer, WalletController];

  it('acknowledges an outcome when its handler has finished, not before', async () => {
    const transport = newTransport();
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    behaviour.settle = () => opened;
    await start(transport, ['billing'], controllers);
    let acknowledged = 0;
    const sends = [
      transport.producer.send(outcome),
      transport.producer.sendAll([outcome, { ...outcome, key: 'other' }]),
    ];
    for (const send of sends) void send.then(() => (acknowledged += 1));
    await expect(
      transport.producer.send(outcome, { deadlineMs: Date.now() + 5 }),
    ).rejects.toMatchObject({ name: 'ProduceExpiredError', wasHandedOver: true });
    await ticks();
    expect(acknowledged).toBe(0);
    open();
    await Promise.all(sends);
    expect(acknowledged).toBe(2);
  });

  it('waits through a redelivery', async () => {
    const transport = newTransport();
    let calls = 0;
    behaviour.settle = () => {
      calls += 1;
      return calls < 3
        ? Promise.reject(Object.assign(new Error(), { code: '40P01' }))
        : Promise.resolve();
    };
    await start(transport, ['billing'], controllers);
    await transport.producer.send(outcome);
    expect(calls).toBe(3);
  });

  it('acknowledges at once where no group is in the process', async () => {
    const transport = newTransport();
    await start(transport, ['rate-limiter'], [LimitConsumer]);
    await transport.producer.send(outcome);
  });
});

describe('a process refuses to start when its handlers differ from the list of topics', () => {
  it('names what is missing', async () => {
    const starting = start(newTransport(), ['billing'], [HoldConsumer]);
    await expect(starting).rejects.toThrow(HandlersDifferError);
    await expect(starting).rejects.toThrow(
      /missing batch:billing-settle:message\.settled\.v1; missing batch:billing-price:message\.priced\.v1; missing command:billing:wallet\.get; .*missing command:billing:message\.cost/,
    );
  });

  it('names what belongs to a service that is not in the process', async () => {
    await expect(
      start(newTransport(), ['rate-limiter'], [LimitConsumer, HoldConsumer]),
    ).rejects.toThrow(/not of this process batch:billing-hold:message\.admitted\.v1/);
  });

  it('names what is handled twice', async () => {
    @Controller()
    class SecondConsumer extends LimitConsumer {}
    await expect(
      start(newTransport(), ['rate-limiter'], [LimitConsumer, SecondConsumer]),
    ).rejects.toThrow(/handled twice batch:rate-limiter:message\.submitted\.v1/);
  });

  it('does not compile with a group that does not consume the topic, or a method that takes no batch', () => {
    // @ts-expect-error billing-hold does not consume this topic
    const funded = BatchHandler('message.funded.v1', { ...billing, group: 'billing-hold' });
    const admitted = BatchHandler('message.admitted.v1', { ...billing, group: 'billing-hold' });
    const hold: TypedPropertyDescriptor<(count: number) => Promise<void>> = {};
    const decorate = (): void => {
      // @ts-expect-error the method takes no batch
      admitted({}, 'hold', hold);
    };
    expect(decorate).toBeInstanceOf(Function);
    expect(funded).toBeInstanceOf(Function);
  });

  it('does not even define a handler whose onDeadLetter is no method', () => {
    expect(() => {
      class Wrong {
        handle(): Promise<void> {
          return Promise.resolve();
        }
      }
      BatchHandler('message.admitted.v1', {
        ...billing,
        group: 'billing-hold',
        onDeadLetter: 'endJuorney',
      })(Wrong.prototype, 'handle', { value: () => Promise.resolve() });
    }).toThrow(/onDeadLetter names no method of Wrong: endJuorney/);
  });
});

describe('readers of one process', () => {
  const changed = (key: string, value: string | null): OutboundRecord => ({
    topic: 'tenancy.changed.v1',
    key,
    value,
  });
  const textOf = ({ key, value }: InboundRecord): string =>
    `${key ?? ''}=${value?.toString() ?? 'gone'}`;

  it('read a compacted topic whole, however late: the newest of each key, then what follows', async () => {
    const { producer, tables } = newTransport();
    await producer.sendAll([
      changed('a', '1'),
      changed('b', '1'),
      changed('a', '2'),
      changed('c', '1'),
      changed('b', null),
    ]);
    const seen: string[] = [];
    const table = await tables.read('tenancy.changed.v1', (records) => {
      seen.push(...records.map(textOf));
    });
    expect(seen).toEqual(['a=2', 'c=1']);
    await producer.sendAll([changed('d', '1'), changed('a', null)]);
    await ticks(2);
    expect(seen.splice(0)).toEqual(['a=2', 'c=1', 'd=1', 'a=gone']);
    await producer.send(changed('e', '1'));
    await table.resync();
    await ticks(2);
    expect(seen).toEqual(['c=1', 'd=1', 'e=1']);
  });

  it('read one partition from its end, a tick at a time, whatever one of them throws', async () => {
    const transport = newTransport();
    const reply = (partition: number): OutboundRecord => ({
      topic: 'replies.v1',
      key: 'id',
      partition,
      value: '',
    });
    await transport.replyProducer.send(reply(5));
    const batches: number[] = [];
    await transport.readPartition('replies.v1', 5, () => {
      throw new TypeError('bug');
    });
    await transport.readPartition('replies.v1', 5, (records) => {
      batches.push(records.length);
    });
    await transport.replyProducer.sendAll([reply(5), reply(6), reply(5)]);
    expect(batches).toEqual([]);
    await ticks(2);
    expect(batches).toEqual([2]);
  });
});
