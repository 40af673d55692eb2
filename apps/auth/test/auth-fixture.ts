import {
  MESSAGING,
  MessagingModule,
  TRANSPORT,
  createMemoryTransport,
  memoryServer,
} from '@gateway/messaging';
import type { InboundRecord, MemoryTransport, Messaging } from '@gateway/messaging';
import type { TenancyRecord } from '@gateway/contracts';
import {
  HEALTH,
  HealthRegistry,
  Sealer,
  createLogger,
  loadConfig,
  systemRandom,
  uuidv7,
} from '@gateway/platform';
import { testDatabase, type TestDatabase, until } from '@gateway/testing';
import { Inject, Module, type DynamicModule, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AUTH_VARIABLES, type AuthConfig } from '../src/auth.config';
import { AUTH_DATABASE } from '../src/auth.database';
import { AuthModule } from '../src/auth.module';

const KEYS = {
  KEY_HASH_SECRET: '11'.repeat(32),
  CREDENTIALS_KEY: '22'.repeat(32),
  TENANCY_SEALING_KEY: '33'.repeat(32),
  COMMAND_SEALING_KEY: '44'.repeat(32),
  ACCESS_TOKEN_SIGNING_KEY: '55'.repeat(32),
};

export const configOf = (databaseUrl: string, more: Record<string, string> = {}): AuthConfig =>
  loadConfig(AUTH_VARIABLES, {
    ...KEYS,
    DATABASE_URL: databaseUrl,
    AUTH_SEED_DEMO: 'true',
    LOG_LEVEL: 'silent',
    ...more,
  });

const silent = createLogger({ service: 'test', level: 'silent' });

/** Whoever sends commands, in the same process as it is in the standalone profile. */
@Module({})
class CallerModule {
  constructor(@Inject(MESSAGING) readonly messaging: Messaging) {}
}

@Module({})
class RootModule {}

@Module({})
class ProcessModule {
  static register(transport: MemoryTransport, config: AuthConfig): DynamicModule {
    const providers = [
      { provide: TRANSPORT, useValue: transport },
      { provide: HEALTH, useValue: new HealthRegistry() },
    ];
    const process = {
      module: ProcessModule,
      global: true,
      providers,
      exports: [TRANSPORT, HEALTH],
    };
    const caller = {
      module: CallerModule,
      imports: [
        MessagingModule.forService({
          service: 'edge',
          commandSealing: { current: config.commandSealingKey },
          logger: silent,
        }),
      ],
    };
    return { module: RootModule, imports: [process, AuthModule.register(config), caller] };
  }
}

/** The whole auth service over the in-process broker and a database of its own. */
export interface RunningAuth {
  readonly app: INestMicroservice;
  readonly transport: MemoryTransport;
  readonly caller: Messaging;
  readonly health: HealthRegistry;
  close(): Promise<void>;
}

export async function startAuth(config: AuthConfig): Promise<RunningAuth> {
  const transport = createMemoryTransport({ pathPartitions: 4, logger: silent });
  const app = await NestFactory.createMicroservice(ProcessModule.register(transport, config), {
    strategy: memoryServer(transport, { logger: silent }),
    logger: false,
    abortOnError: false,
  });
  await app.listen();
  return {
    app,
    transport,
    caller: app.get(CallerModule).messaging,
    health: app.get<HealthRegistry>(HEALTH),
    close: async () => {
      await app.close();
      await transport.close();
    },
  };
}

export const authDatabase = (): Promise<TestDatabase> => testDatabase(AUTH_DATABASE);

/** Everything that a reader of `tenancy.changed.v1` gets, in order. */
export class TopicReader {
  readonly records: TenancyRecord[] = [];
  /** Keys and values as text: what would stand on a disk of the broker. */
  readonly raw: string[] = [];

  static async open(transport: MemoryTransport): Promise<TopicReader> {
    const reader = new TopicReader();
    await transport.tables.read('tenancy.changed.v1', (records) => {
      for (const record of records) reader.take(record);
    });
    return reader;
  }

  get changes() {
    return this.records.filter((record) => record.kind !== 'watermark');
  }

  get watermarks() {
    return this.records.filter((record) => record.kind === 'watermark');
  }

  private take({ key, value }: InboundRecord): void {
    const text = value?.toString() ?? '';
    this.raw.push(`${key ?? ''} ${text}`);
    this.records.push(JSON.parse(text) as TenancyRecord);
  }
}

/** Sends the bytes of one command twice, as a redelivery does, and collects both sealed replies. */
export async function sendTwice(
  { caller, transport }: RunningAuth,
  { commandSealingKey }: AuthConfig,
  request: object,
  command: string,
): Promise<string[]> {
  const correlationId = uuidv7(Date.now(), systemRandom);
  const sealed = new Sealer({ current: commandSealingKey }).seal(
    Buffer.from(JSON.stringify({ command, request, sentAtMs: Date.now(), timeoutMs: 10_000 })),
    `auth.commands.v1:${correlationId}`,
  );
  const replies: string[] = [];
  const stop = caller.replies.listen(correlationId, (reply) => {
    if (reply.kind === 'command') replies.push(reply.sealed.toString('hex'));
  });
  for (let copy = 0; copy < 2; copy += 1) {
    await transport.producer.send({
      topic: 'auth.commands.v1',
      key: correlationId,
      value: sealed,
      headers: {
        'x-correlation-id': correlationId,
        'x-reply-partition': String(caller.replies.partition),
      },
    });
  }
  await until(() => replies.length === 2);
  stop();
  return replies;
}
