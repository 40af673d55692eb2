import type {
  ApplicationContext,
  CommandName,
  CommandReply,
  CommandRequest,
  TenancyRecord,
} from '@gateway/contracts';
import {
  MESSAGING,
  MessagingModule,
  TRANSPORT,
  createMemoryTransport,
  memoryServer,
  type MemoryTransport,
  type Messaging,
} from '@gateway/messaging';
import {
  PlatformModule,
  createLogger,
  loadConfig,
  systemClock,
  type Clock,
} from '@gateway/platform';
import { TcpGate, testDatabase, type TestDatabase } from '@gateway/testing';
import { Global, Module, type INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { randomUUID } from 'node:crypto';
import type { NoticeSink } from '../src/notices.service';
import { WEBHOOKS_VARIABLES } from '../src/webhooks.config';
import { WEBHOOKS_DATABASE } from '../src/webhooks.database';
import { NOTICE_SINK, WEBHOOKS_PARTS, WebhooksModule } from '../src/webhooks.module';
import type { WebhooksParts } from '../src/webhooks.parts';

const SEALING_KEY = Buffer.alloc(32, 7);
const EDGE = Symbol('EdgeMessaging');
const PATH_PARTITIONS = 2;
const WATERMARK_MS = 500;
const COMMAND_TIMEOUT_MS = 15_000;
const USER = 'user-1';

export interface App {
  readonly appId: string;
  readonly orgId: string;
  readonly handle: string;
  readonly phoneNumberId: string;
  readonly wabaId: string;
}

const digits = (): string => String(Math.floor(1e11 + Math.random() * 8e11));

export const anApp = (orgId: string = randomUUID()): App => ({
  appId: randomUUID(),
  orgId,
  handle: `app-${digits()}`,
  phoneNumberId: digits(),
  wabaId: digits(),
});

export interface ProcessOptions {
  readonly databaseUrl: string;
  readonly apps: readonly App[];
  readonly environment?: Record<string, string>;
  readonly clock?: Clock;
  readonly noticeSink?: NoticeSink;
}

/** The webhooks service as a process of its own, with its broker and its own way to the database. */
export class WebhooksProcess {
  private watermark: NodeJS.Timeout | undefined;
  private version = 0;
  private isKilled = false;

  private constructor(
    readonly app: INestMicroservice,
    readonly transport: MemoryTransport,
    readonly database: TcpGate,
    readonly parts: WebhooksParts,
    readonly edge: Messaging,
  ) {}

  static async start(options: ProcessOptions): Promise<WebhooksProcess> {
    const logger = createLogger({ service: 'webhooks', level: 'silent' });
    const database = await TcpGate.start(options.databaseUrl);
    const clock = options.clock ?? systemClock;
    const transport = createMemoryTransport({
      pathPartitions: PATH_PARTITIONS,
      logger,
      clock,
      instanceName: randomUUID(),
    });
    const config = loadConfig(WEBHOOKS_VARIABLES, {
      DATABASE_URL: database.url,
      WEBHOOK_SECRETS_KEY: SEALING_KEY.toString('hex'),
      COMMAND_SEALING_KEY: SEALING_KEY.toString('hex'),
      WEBHOOK_ALLOW_LOOPBACK: 'true',
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
    const builder = Test.createTestingModule({
      imports: [
        PlatformModule.forRoot({
          logger,
          clock,
          globals: [{ provide: TRANSPORT, useValue: transport }],
        }),
        EdgeModule,
        WebhooksModule.register(config),
      ],
    });
    if (options.noticeSink) {
      builder.overrideProvider(NOTICE_SINK).useValue(options.noticeSink);
    }
    const module = await builder.compile();
    await transport.connect();
    const app = module.createNestMicroservice({
      strategy: memoryServer(transport, { logger, drainTimeoutMs: 2_000 }),
    });
    app.useLogger(false);
    const started = new WebhooksProcess(
      app,
      transport,
      database,
      app.get<WebhooksParts>(WEBHOOKS_PARTS),
      app.get<Messaging>(EDGE),
    );
    for (const each of options.apps) await started.publish(each);
    started.watermark = setInterval(() => void started.publishWatermark(), WATERMARK_MS);
    await app.listen();
    return started;
  }

  /** An application that auth publishes. */
  async publish(app: App): Promise<void> {
    const { appId, orgId, handle, phoneNumberId, wabaId } = app;
    const data: ApplicationContext = {
      appId,
      orgId,
      handle,
      status: 'ACTIVATED',
      channel: { phoneNumberId, wabaId, sealedAccessToken: '' },
      testNumberHashes: [],
    };
    this.version += 1;
    const record: TenancyRecord = { kind: 'application', id: appId, version: this.version, data };
    await this.tell(record, `application:${appId}`);
    await this.publishWatermark();
  }

  /** A command as the edge sends it. */
  command<C extends CommandName<'webhooks'>>(
    name: C,
    { orgId, handle }: App,
    request: Omit<CommandRequest<'webhooks', C>, 'orgId' | 'appId' | 'userId'>,
  ): Promise<CommandReply<'webhooks', C>> {
    const whole = { orgId, appId: handle, userId: USER, ...request };
    return this.edge.commands.call('webhooks', name, whole as CommandRequest<'webhooks', C>, {
      timeoutMs: COMMAND_TIMEOUT_MS,
      key: orgId,
    });
  }

  endpoint(app: App, url: string, more: object = {}) {
    return this.command('endpoint.upsert', app, { url, ...more });
  }

  /** Events as the edge hands them on, in order; resolves when they are accepted. */
  async events(app: App, payloads: readonly Buffer[]): Promise<void> {
    await this.transport.producer.sendAll(
      payloads.map((value) => ({ topic: 'meta.event.v1', key: app.phoneNumberId, value })),
    );
  }

  /** Ends it as SIGKILL would: nothing of it reaches the database or a customer any more. */
  async kill(): Promise<void> {
    this.isKilled = true;
    clearInterval(this.watermark);
    await this.database.close();
    const { databaseWatch, applications, endpoints, claims, deliveries, housekeeping, client } =
      this.parts;
    databaseWatch.stop();
    applications.stop();
    endpoints.stop();
    void claims.stop();
    void deliveries.stop();
    void housekeeping.stop();
    await client.close();
    await this.transport.close();
  }

  async close(): Promise<void> {
    if (this.isKilled) return;
    clearInterval(this.watermark);
    await this.app.close();
    await this.transport.close();
    await this.database.close();
  }

  private publishWatermark(): Promise<void> {
    const atMs = this.transport.brokerClock.nowMs();
    return this.tell({ kind: 'watermark', version: this.version, atMs }, 'watermark');
  }

  private async tell(record: TenancyRecord, key: string): Promise<void> {
    await this.transport.producer.send({
      topic: 'tenancy.changed.v1',
      key,
      value: JSON.stringify(record),
    });
  }
}

export const webhooksDatabase = (): Promise<TestDatabase> => testDatabase(WEBHOOKS_DATABASE);

const envelope = (app: App, value: object): Buffer =>
  Buffer.from(
    JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [{ id: app.wabaId, changes: [{ field: 'messages', value }] }],
    }),
  );

const metadata = ({ phoneNumberId }: App): object => ({
  display_phone_number: '15550001111',
  phone_number_id: phoneNumberId,
});

const seconds = (nowMs = Date.now()): string => String(Math.floor(nowMs / 1_000));

/** A message that a person wrote to the application. */
export const aMessage = (app: App, id = `wamid.${randomUUID()}`, timestamp = seconds()): Buffer =>
  envelope(app, {
    messaging_product: 'whatsapp',
    metadata: metadata(app),
    messages: [{ from: '905321234567', id, timestamp, type: 'text', text: { body: 'hi' } }],
  });

/** A status of a message that the application sent. */
export const aStatus = (app: App, wamid: string, status: string, more: object = {}): Buffer =>
  envelope(app, {
    messaging_product: 'whatsapp',
    metadata: metadata(app),
    statuses: [{ id: wamid, status, timestamp: seconds(), recipient_id: '905321234567', ...more }],
  });
