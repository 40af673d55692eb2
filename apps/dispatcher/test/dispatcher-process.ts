import {
  decodeReply,
  encodeJourney,
  parsePriced,
  parseSettled,
  type ApplicationContext,
  type Journey,
  type PricedPayload,
  type Reply,
  type SettledPayload,
  type TenancyRecord,
} from '@gateway/contracts';
import {
  MESSAGING,
  MessagingModule,
  TRANSPORT,
  createMemoryTransport,
  memoryServer,
  type InboundRecord,
  type MemoryTransport,
  type Messaging,
} from '@gateway/messaging';
import {
  PlatformModule,
  Sealer,
  createLogger,
  loadConfig,
  systemClock,
  systemRandom,
  uuidv7,
  type Clock,
} from '@gateway/platform';
import { TcpGate, until } from '@gateway/testing';
import { Global, Module, type INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { randomUUID } from 'node:crypto';
import { DISPATCHER_VARIABLES } from '../src/dispatcher.config';
import { DISPATCHER_PARTS, DispatcherModule, MONOTONIC } from '../src/dispatcher.module';
import type { DispatcherParts } from '../src/dispatcher.parts';

const SEALING_KEY = Buffer.alloc(32, 7);
const EDGE = Symbol('EdgeMessaging');
const PATH_PARTITIONS = 2;
const REPLY_PARTITION = 5;
const WATERMARK_MS = 500;

export interface App {
  readonly appId: string;
  readonly orgId: string;
  readonly phoneNumberId: string;
}

export const anApp = (phoneNumberId = `1${Math.floor(Math.random() * 1e12)}`): App => ({
  appId: randomUUID(),
  orgId: randomUUID(),
  phoneNumberId,
});

/** The name of a test's application, its own. */
export const handleOf = (appId: string): string => `shop-${appId}`;

type FinalReply = Extract<Reply, { kind: 'accepted' | 'refused' }>;

const isFinal = (reply: Reply): reply is FinalReply =>
  reply.kind === 'accepted' || reply.kind === 'refused';

export const TEXT = Buffer.from(
  '{"messaging_product":"whatsapp","to":"905321234567","type":"text","text":{"body":"hi"}}',
);

interface ProcessOptions {
  readonly databaseUrl: string;
  readonly metaUrl: string;
  readonly apps: readonly App[];
  readonly environment?: Record<string, string>;
  readonly clock?: Clock;
  readonly monotonicMs?: () => number;
}

/** A dispatcher as a process of its own, with its broker and its own way to the database. */
export class DispatcherProcess {
  readonly settled: SettledPayload[] = [];
  readonly priced: PricedPayload[] = [];
  private readonly replies = new Map<string, Reply[]>();
  private watermark: NodeJS.Timeout | undefined;

  private constructor(
    readonly app: INestMicroservice,
    readonly transport: MemoryTransport,
    readonly database: TcpGate,
    readonly parts: DispatcherParts,
    readonly edge: Messaging,
  ) {}

  static async start(options: ProcessOptions): Promise<DispatcherProcess> {
    const logger = createLogger({ service: 'dispatcher', level: 'silent' });
    const database = await TcpGate.start(options.databaseUrl);
    const clock = options.clock ?? systemClock;
    const transport = createMemoryTransport({
      pathPartitions: PATH_PARTITIONS,
      logger,
      clock,
      instanceName: randomUUID(),
    });
    const config = loadConfig(DISPATCHER_VARIABLES, {
      DATABASE_URL: database.url,
      META_BASE_URL: options.metaUrl,
      TENANCY_SEALING_KEY: SEALING_KEY.toString('hex'),
      COMMAND_SEALING_KEY: SEALING_KEY.toString('hex'),
      DISPATCHER_LEASE_MS: '1000',
      ...options.environment,
    });
    @Global()
    @Module({
      imports: [
        MessagingModule.forService({ service: 'edge', commandSealing: { current: SEALING_KEY } }),
      ],
      providers: [{ provide: EDGE, useExisting: MESSAGING }],
      exports: [EDGE],
    })
    class EdgeModule {}
    const module = await Test.createTestingModule({
      imports: [
        PlatformModule.forRoot({
          logger,
          clock,
          globals: [{ provide: TRANSPORT, useValue: transport }],
        }),
        EdgeModule,
        DispatcherModule.register(config),
      ],
    })
      .overrideProvider(MONOTONIC)
      .useValue(options.monotonicMs ?? (() => performance.now()))
      .compile();
    await transport.connect();
    const app = module.createNestMicroservice({
      strategy: memoryServer(transport, { logger, drainTimeoutMs: 1_000 }),
    });
    app.useLogger(false);
    const started = new DispatcherProcess(
      app,
      transport,
      database,
      app.get<DispatcherParts>(DISPATCHER_PARTS),
      app.get<Messaging>(EDGE),
    );
    await started.publish(options.apps);
    await started.watch();
    await app.listen();
    return started;
  }

  /** A message as billing hands it on; returns its id. */
  async send(app: App, message: Partial<Journey> & { body?: Buffer | null } = {}): Promise<string> {
    const journey = aJourney(app, this.transport.brokerClock.nowMs(), message);
    await this.produce(journey, message.body === undefined ? TEXT : message.body);
    return journey.messageId;
  }

  async produce(journey: Journey, body: Buffer | null = TEXT): Promise<void> {
    await this.transport.producer.send({
      topic: 'message.funded.v1',
      key: journey.appId,
      value: body,
      headers: encodeJourney(journey),
    });
  }

  /** The final answer to a message. */
  answer(messageId: string, timeoutMs = 10_000): Promise<FinalReply> {
    return until(() => this.repliesTo(messageId).find(isFinal), timeoutMs);
  }

  repliesTo(messageId: string): readonly Reply[] {
    return this.replies.get(messageId) ?? [];
  }

  async settlement(messageId: string, timeoutMs = 10_000): Promise<SettledPayload> {
    return until(() => this.settled.find((each) => each.messageId === messageId), timeoutMs);
  }

  settlementsOf(messageId: string): readonly SettledPayload[] {
    return this.settled.filter((each) => each.messageId === messageId);
  }

  /** Ends it as SIGKILL would: nothing of it reaches the database any more, and it gives no sign of life. */
  async kill(): Promise<void> {
    clearInterval(this.watermark);
    this.parts.lease.abandon();
    this.parts.recovery.stop();
    this.parts.channels.stop();
    this.parts.sends.stop();
    await this.database.close();
    await this.parts.meta.close();
  }

  async close(): Promise<void> {
    clearInterval(this.watermark);
    await this.app.close();
    await this.transport.close();
    await this.database.close();
  }

  private async publish(apps: readonly App[]): Promise<void> {
    const sealer = new Sealer({ current: SEALING_KEY });
    for (const [index, { appId, orgId, phoneNumberId }] of apps.entries()) {
      const sealed = sealer.seal(Buffer.from('EAAtoken'), `tenancy.changed.v1|${appId}`);
      const data: ApplicationContext = {
        appId,
        orgId,
        handle: handleOf(appId),
        status: 'ACTIVATED',
        channel: { phoneNumberId, wabaId: '2', sealedAccessToken: sealed.toString('base64') },
        testNumberHashes: [],
      };
      await this.tell(
        { kind: 'application', id: appId, version: index + 1, data },
        `application:${appId}`,
      );
    }
    const watermark = () =>
      this.tell(
        { kind: 'watermark', version: apps.length, atMs: this.transport.brokerClock.nowMs() },
        'watermark',
      );
    await watermark();
    this.watermark = setInterval(() => void watermark(), WATERMARK_MS);
  }

  private async tell(record: TenancyRecord, key: string): Promise<void> {
    await this.transport.producer.send({
      topic: 'tenancy.changed.v1',
      key,
      value: JSON.stringify(record),
    });
  }

  private async watch(): Promise<void> {
    await this.transport.readPartition('replies.v1', REPLY_PARTITION, (records) => {
      for (const record of records) this.takeReply(record);
    });
    for (let partition = 0; partition < PATH_PARTITIONS; partition += 1) {
      await this.transport.readPartition('message.settled.v1', partition, (records) => {
        for (const { value } of records) {
          const settled = parseSettled(value);
          if (settled) this.settled.push(settled);
        }
      });
      await this.transport.readPartition('message.priced.v1', partition, (records) => {
        for (const { value } of records) {
          const priced = parsePriced(value);
          if (priced) this.priced.push(priced);
        }
      });
    }
  }

  private takeReply({ key, headers, value }: InboundRecord): void {
    const reply = decodeReply(headers, value);
    if (!reply || key === null) return;
    const replies = this.replies.get(key) ?? [];
    replies.push(reply);
    this.replies.set(key, replies);
  }
}

export const aJourney = (app: App, nowMs: number, more: Partial<Journey> = {}): Journey => ({
  messageId: uuidv7(nowMs, systemRandom),
  replyPartition: REPLY_PARTITION,
  ttlMs: 10_000,
  appId: app.appId,
  orgId: app.orgId,
  keyId: randomUUID(),
  type: 'text',
  isFake: false,
  isMmlite: false,
  isLate: false,
  limits: { perSecond: 80, perMinute: 4_800 },
  submittedAtMs: Math.floor(nowMs),
  rateState: { secLimit: 80, secRemaining: 79, minLimit: 4_800, minRemaining: 4_799 },
  ...without(more, 'body'),
});

function without<T extends object>(object: T, key: string): T {
  const copy = { ...object } as T & Record<string, unknown>;
  Reflect.deleteProperty(copy, key);
  return copy;
}
