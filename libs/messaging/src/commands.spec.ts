import 'reflect-metadata';
import { Controller, Module, type DynamicModule, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  COMMANDS,
  type ApiKeyRecord,
  type CommandReply,
  type CommandRequest,
} from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { Sealer, createLogger } from '@gateway/platform';
import { CommandHandler, type CommandContext, type StoredReply } from './command-handler.decorator';
import { CommandTimeoutError } from './failure';
import { memoryServer } from './memory-server';
import { createMemoryTransport, type MemoryTransport } from './memory-transport';
import { MESSAGING, MessagingModule, TRANSPORT } from './messaging.module';
import { encodeOrigin, openAnswer, sealCommand } from './sealed-commands';
import type { InboundRecord, Messaging, OutboundRecord } from './types';

const logger = createLogger({ service: 'test', level: 'silent' });
const commandSealing = { current: Buffer.alloc(32, 7) };
const sealer = new Sealer(commandSealing);
const SECRET = 'sk_the_key_itself';

type NewKey = CommandReply<'auth', 'keys.create'>;
type Lookup = (request: { keyHash: string }) => Promise<CommandReply<'auth', 'key.lookup'>>;

const unknownKey = { version: 1, key: null, application: null };

/** What the owner of the commands does; each test sets its own. */
const owner = {
  lookUp: (() => Promise.resolve(unknownKey)) as Lookup,
  created: 0,
  stored: new Map<string, Buffer>(),
};

@Controller()
class AuthController {
  @CommandHandler('auth', 'key.lookup')
  lookUp(request: CommandRequest<'auth', 'key.lookup'>): ReturnType<Lookup> {
    return owner.lookUp(request);
  }

  @CommandHandler('auth', 'keys.create')
  create(
    request: CommandRequest<'auth', 'keys.create'>,
    context: CommandContext<NewKey>,
  ): Promise<NewKey | StoredReply> {
    const stored = owner.stored.get(context.correlationId);
    if (stored) return Promise.resolve(context.stored(stored));
    owner.created += 1;
    const reply = { name: request.name, key: `${SECRET}_${owner.created}` } as NewKey;
    owner.stored.set(context.correlationId, context.seal(reply));
    return Promise.resolve(reply);
  }

  @CommandHandler('auth', 'keys.list')
  list(): Promise<{ keys: ApiKeyRecord[]; totalCount: number }> {
    return Promise.resolve({ keys: [], totalCount: 0 });
  }

  @CommandHandler('auth', 'keys.revoke')
  revoke(): Promise<null> {
    return Promise.resolve(null);
  }
}

/** A service handles every command of its list; these are asked for by no test here. */
const HANDLED = ['key.lookup', 'keys.create', 'keys.list', 'keys.revoke'];
for (const command of Object.keys(COMMANDS.auth).filter((name) => !HANDLED.includes(name))) {
  const descriptor = { value: () => Promise.reject(new Error(`${command} is not played`)) };
  Object.defineProperty(AuthController.prototype, command, descriptor);
  CommandHandler('auth', command as never)(AuthController.prototype, command, descriptor as never);
}

@Module({})
class AppModule {}

@Module({})
class TransportModule {}

const apps: INestMicroservice[] = [];

/** Edge and auth in one process; everything that travels is written down. */
async function start(): Promise<{
  transport: MemoryTransport;
  edge: Messaging;
  travelled: InboundRecord[];
}> {
  const transport = createMemoryTransport({ pathPartitions: 2, logger });
  const travelled: InboundRecord[] = [];
  const write = (records: readonly InboundRecord[]): void => {
    travelled.push(...records);
  };
  for (let partition = 0; partition < 32; partition += 1) {
    await transport.readPartition('replies.v1', partition, write);
  }
  await transport.readPartition('auth.commands.v1', 0, write);
  await transport.readPartition('auth.commands.v1', 1, write);
  const edge = MessagingModule.forService({ service: 'edge', commandSealing, logger });
  const module: DynamicModule = {
    module: AppModule,
    imports: [
      {
        module: TransportModule,
        global: true,
        providers: [{ provide: TRANSPORT, useValue: transport }],
        exports: [TRANSPORT],
      },
      edge,
      MessagingModule.forService({ service: 'auth', commandSealing, logger }),
    ],
    controllers: [AuthController],
  };
  const app = await NestFactory.createMicroservice(module, {
    strategy: memoryServer(transport, { logger }),
    logger: false,
  });
  apps.push(app);
  await app.listen();
  const messaging = app.select(edge).get<Messaging>(MESSAGING);
  return { transport, edge: messaging, travelled };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate);
}

const newKey = {
  orgId: 'org',
  appId: 'app',
  name: 'first',
  environment: 'production',
} as const;

/** A command record as another process would send it. */
function commandRecord(
  messaging: Messaging,
  command: string,
  options: {
    request?: unknown;
    sentAtMs?: number;
    timeoutMs?: number;
    correlationId?: string;
    by?: Sealer;
  } = {},
): OutboundRecord {
  const correlationId = options.correlationId ?? '018f0000-0000-7000-8000-000000000001';
  return {
    topic: 'auth.commands.v1',
    key: 'tenant',
    value: sealCommand(options.by ?? sealer, 'auth.commands.v1', correlationId, {
      command,
      request: options.request ?? {},
      sentAtMs: options.sentAtMs ?? Date.now(),
      timeoutMs: options.timeoutMs ?? 5_000,
    }),
    headers: encodeOrigin({ correlationId, replyPartition: messaging.replies.partition }),
  };
}

beforeEach(() => {
  owner.lookUp = () => Promise.resolve(unknownKey);
  owner.created = 0;
  owner.stored.clear();
});

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

describe('sealed commands', () => {
  it('bring the answer of the owner', async () => {
    const { edge } = await start();
    owner.lookUp = ({ keyHash }) => Promise.resolve({ ...unknownKey, version: keyHash.length });
    const options = { timeoutMs: 5_000, key: 'tenant' };
    await expect(
      edge.commands.call('auth', 'key.lookup', { keyHash: 'abc' }, options),
    ).resolves.toEqual({ ...unknownKey, version: 3 });
    await expect(
      edge.commands.call('auth', 'keys.revoke', { orgId: 'o', appId: 'a', keyId: 'k' }, options),
    ).resolves.toBeNull();
  });

  it('show nothing of request or answer in any record', async () => {
    const { edge, travelled } = await start();
    const reply = await edge.commands.call('auth', 'keys.create', newKey, { timeoutMs: 5_000 });
    expect(reply.key).toBe(`${SECRET}_1`);
    expect(travelled.map(({ topic }) => topic)).toEqual(['auth.commands.v1', 'replies.v1']);
    for (const { key, value, headers } of travelled) {
      const bytes = `${key ?? ''}${value?.toString('latin1') ?? ''}${JSON.stringify(headers)}`;
      expect(bytes).not.toMatch(/sk_|first|keys\.create|production/);
    }
  });

  it('carry the code and params of an AppError, GW_500 of anything else, and no internal text', async () => {
    const { edge, travelled } = await start();
    const call = (): Promise<unknown> =>
      edge.commands.call('auth', 'key.lookup', { keyHash: '' }, { timeoutMs: 5_000 });
    owner.lookUp = () =>
      Promise.reject(new AppError('GW_003', { params: { fields: [{ path: 'keyHash' }] } }));
    await expect(call()).rejects.toMatchObject({
      code: 'GW_003',
      params: { fields: [{ path: 'keyHash' }] },
    });
    owner.lookUp = () => Promise.reject(new TypeError('internal detail'));
    await expect(call()).rejects.toMatchObject({ code: 'GW_500', params: {} });
    const last = travelled.at(-1);
    const answer = openAnswer(sealer, last?.value ?? Buffer.alloc(0), last?.key ?? '');
    expect(JSON.stringify(answer)).not.toContain('internal');
  });

  it('are called again while the store is gone, and answered GW_008 shortly before their time is over', async () => {
    const { edge } = await start();
    let calls = 0;
    const gone = Object.assign(new Error(), { code: 'ECONNREFUSED' });
    owner.lookUp = () => {
      calls += 1;
      return calls === 1 ? Promise.reject(gone) : Promise.resolve(unknownKey);
    };
    await expect(
      edge.commands.call('auth', 'key.lookup', { keyHash: '' }, { timeoutMs: 5_000 }),
    ).resolves.toEqual(unknownKey);
    expect(calls).toBe(2);
    owner.lookUp = () => {
      calls += 1;
      return Promise.reject(gone);
    };
    await expect(
      edge.commands.call('auth', 'key.lookup', { keyHash: '' }, { timeoutMs: 300 }),
    ).rejects.toMatchObject({ code: 'GW_008' });
    expect(calls).toBeGreaterThan(3);
  });

  it('end as a timeout when nobody answers, and a late answer reaches nobody', async () => {
    const { edge, travelled } = await start();
    let answer = (): void => undefined;
    owner.lookUp = () =>
      new Promise((resolve) => {
        answer = () => {
          resolve(unknownKey);
        };
      });
    const call = edge.commands.call('auth', 'key.lookup', { keyHash: '' }, { timeoutMs: 300 });
    const calledMs = Date.now();
    await expect(call).rejects.toEqual(new CommandTimeoutError('auth', 'key.lookup', 300));
    // A timer may fire before the wall clock, by which the owner judges, has come that far.
    while (Date.now() <= calledMs + 300) await new Promise((resolve) => setImmediate(resolve));
    answer();
    owner.lookUp = () => Promise.resolve(unknownKey);
    await edge.commands.call('auth', 'key.lookup', { keyHash: '' }, { timeoutMs: 5_000 });
    expect(travelled.filter(({ topic }) => topic === 'replies.v1')).toHaveLength(1);
  });

  it('do not wait for each other', async () => {
    const { edge } = await start();
    let finishFirst = (): void => undefined;
    owner.lookUp = ({ keyHash }) =>
      keyHash === 'slow'
        ? new Promise((resolve) => {
            finishFirst = () => {
              resolve(unknownKey);
            };
          })
        : Promise.resolve(unknownKey);
    const options = { timeoutMs: 5_000, key: 'one tenant' };
    const slow = edge.commands.call('auth', 'key.lookup', { keyHash: 'slow' }, options);
    await edge.commands.call('auth', 'key.lookup', { keyHash: 'fast' }, options);
    finishFirst();
    await slow;
  });
});

describe('commands that come again, too late, or from a stranger', () => {
  it('a repeated correlation id gets the stored answer and changes nothing again', async () => {
    const { transport, edge, travelled } = await start();
    const record = commandRecord(edge, 'keys.create', { request: newKey });
    await transport.producer.send(record);
    await transport.producer.send(record);
    const answers = (): InboundRecord[] => travelled.filter(({ topic }) => topic === 'replies.v1');
    await until(() => answers().length === 2);
    const keys = answers().map(({ key, value }) =>
      openAnswer(sealer, value ?? Buffer.alloc(0), key ?? ''),
    );
    expect(keys).toEqual([
      { reply: { name: 'first', key: `${SECRET}_1` } },
      { reply: { name: 'first', key: `${SECRET}_1` } },
    ]);
    expect(owner.created).toBe(1);
  });

  it('a command whose time is over is skipped: nobody waits for it', async () => {
    const { transport, edge } = await start();
    const sentAtMs = Date.now() - 10_000;
    await transport.producer.send(commandRecord(edge, 'keys.create', { sentAtMs }));
    await transport.producer.send(
      commandRecord(edge, 'keys.create', { sentAtMs, timeoutMs: 60_000, request: newKey }),
    );
    await until(() => owner.created > 0);
    expect(owner.created).toBe(1);
    expect(transport.deadLetters).toEqual([]);
  });

  it('what does not open or names no command goes to the dead letter and holds nothing up', async () => {
    const { transport, edge } = await start();
    const good = commandRecord(edge, 'keys.create');
    const tampered = Buffer.from(good.value as Buffer);
    tampered.writeUInt8(tampered.readUInt8(40) ^ 1, 40);
    const correlationId = '018f0000-0000-7000-8000-000000000002';
    const moved = encodeOrigin({ correlationId, replyPartition: 0 });
    await transport.producer.sendAll([
      { ...good, value: tampered },
      { ...good, headers: moved },
      { ...good, headers: {} },
      { ...good, headers: { ...good.headers, 'x-reply-partition': '32' } },
      { ...good, value: null },
      { ...good, value: 'not sealed' },
      commandRecord(edge, 'keys.create', { by: new Sealer({ current: Buffer.alloc(32, 8) }) }),
      commandRecord(edge, 'keys.unknown'),
      commandRecord(edge, 'toString'),
    ]);
    await until(() => transport.deadLetters.length === 9);
    expect(owner.created).toBe(0);
    expect(new Set(transport.deadLetters.map(({ group }) => group))).toEqual(
      new Set(['auth-commands']),
    );
    await edge.commands.call('auth', 'keys.create', newKey, { timeoutMs: 5_000 });
  });

  it('a forged answer is not believed: the true one is waited for', async () => {
    const { transport, edge, travelled } = await start();
    let answer = (): void => undefined;
    owner.lookUp = () =>
      new Promise((resolve) => {
        answer = () => {
          resolve({ ...unknownKey, version: 42 });
        };
      });
    const call = edge.commands.call('auth', 'key.lookup', { keyHash: '' }, { timeoutMs: 5_000 });
    await until(() => travelled.length === 1);
    const correlationId = travelled[0]?.key ?? '';
    await transport.replyProducer.send({
      topic: 'replies.v1',
      key: correlationId,
      partition: edge.replies.partition,
      value: new Sealer({ current: Buffer.alloc(32, 9) }).seal(Buffer.from('{"reply":1}'), ''),
      headers: { 'x-kind': 'command', 'x-from': 'auth' },
    });
    await until(() => travelled.length === 2);
    answer();
    await expect(call).resolves.toMatchObject({ version: 42 });
  });
});

describe('replies', () => {
  it('are dropped past their time, and ids that nobody waits for are ignored', async () => {
    const { edge, travelled } = await start();
    const seen: string[] = [];
    const stop = edge.replies.listen('id', (reply) => seen.push(reply.kind));
    const running = { kind: 'running', from: 'dispatcher' } as const;
    edge.replies.send(edge.replies.partition, 'id', running, Date.now() - 1);
    edge.replies.send(edge.replies.partition, 'other', running, Date.now() + 5_000);
    edge.replies.send(edge.replies.partition, 'id', running, Date.now() + 5_000);
    await until(() => travelled.length === 2);
    expect(seen).toEqual(['running']);
    stop();
    edge.replies.send(edge.replies.partition, 'id', running, Date.now() + 5_000);
    await until(() => travelled.length === 3);
    expect(seen).toEqual(['running']);
  });

  it('of a process go to one partition, whichever of its services asks', async () => {
    const { edge } = await start();
    const { replies } = apps[0]?.get<Messaging>(MESSAGING, { strict: false }) ?? edge;
    expect(replies).toBe(edge.replies);
  });
});
