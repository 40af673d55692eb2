import { encodeJourney, type Journey, type TopicName } from '@gateway/contracts';
import {
  MESSAGING,
  MessagingModule,
  TRANSPORT,
  createMemoryTransport,
  memoryServer,
  type InboundRecord,
  type MemoryTransport,
  type Messaging,
  type OutboundRecord,
} from '@gateway/messaging';
import { HEALTH, HealthRegistry, LOGGER, createLogger, loadConfig } from '@gateway/platform';
import { Global, Module, type INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { randomUUID } from 'node:crypto';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { BILLING_VARIABLES } from '../src/billing.config';
import { BillingModule } from '../src/billing.module';

const SEALING_KEY = Buffer.alloc(32, 7);
const EDGE = Symbol('EdgeMessaging');

/** Billing as a process of its own on the in-process broker, and what an edge and a dispatcher see of it. */
export interface BillingProcess {
  readonly app: INestMicroservice;
  readonly transport: MemoryTransport;
  /** As the edge talks with it. */
  readonly edge: Messaging;
  /** Everything written to a topic since the start. */
  written(topic: TopicName): readonly InboundRecord[];
  close(): Promise<void>;
}

const PATH_PARTITIONS = 3;
const WATCHED = ['message.funded.v1', 'replies.v1'] as const;

export async function startBilling(
  databaseUrl: string,
  environment: Record<string, string> = {},
): Promise<BillingProcess> {
  const logger = createLogger({ service: 'billing', level: 'silent' });
  const transport = createMemoryTransport({
    pathPartitions: PATH_PARTITIONS,
    logger,
    instanceName: randomUUID(),
  });
  const config = loadConfig(BILLING_VARIABLES, {
    DATABASE_URL: databaseUrl,
    COMMAND_SEALING_KEY: SEALING_KEY.toString('hex'),
    META_FEE_DEFAULT_MICRO_USD: '0',
    ...environment,
  });
  @Global()
  @Module({
    imports: [
      MessagingModule.forService({
        service: 'edge',
        commandSealing: { current: SEALING_KEY },
        logger,
      }),
    ],
    providers: [
      { provide: TRANSPORT, useValue: transport },
      { provide: HEALTH, useValue: new HealthRegistry() },
      { provide: EDGE, useExisting: MESSAGING },
    ],
    exports: [TRANSPORT, HEALTH],
  })
  class ProcessModule {}

  const written = new Map<TopicName, InboundRecord[]>();
  for (const topic of WATCHED) {
    const records: InboundRecord[] = [];
    written.set(topic, records);
    const partitions = topic === 'replies.v1' ? 32 : PATH_PARTITIONS;
    for (let partition = 0; partition < partitions; partition += 1) {
      await transport.readPartition(topic, partition, (more) => records.push(...more));
    }
  }
  const module = await Test.createTestingModule({
    imports: [ProcessModule, BillingModule.register(config)],
  })
    .overrideProvider(LOGGER)
    .useValue(logger)
    .compile();
  await transport.connect();
  const app = module.createNestMicroservice({ strategy: memoryServer(transport, { logger }) });
  await app.listen();
  return {
    app,
    transport,
    edge: module.get<Messaging>(EDGE, { strict: false }),
    written: (topic) => written.get(topic) ?? [],
    close: async () => {
      await app.close();
      await transport.close();
    },
  };
}

export const aJourney = (part: Partial<Journey> & { orgId: string }): Journey => ({
  messageId: randomUUID(),
  replyPartition: 5,
  ttlMs: 10_000,
  appId: '0199aaaa-0000-7000-8000-0000000000a1',
  keyId: '0199aaaa-0000-7000-8000-0000000000c1',
  type: 'text',
  isFake: false,
  isMmlite: false,
  isLate: false,
  limits: { perSecond: 80, perMinute: 4_800 },
  submittedAtMs: Date.now(),
  rateState: { secLimit: 80, secRemaining: 79, minLimit: 4_800, minRemaining: 4_799 },
  ...part,
});

export const admitted = (journey: Journey): OutboundRecord => ({
  topic: 'message.admitted.v1',
  key: journey.appId,
  value: Buffer.from('{"to":"905321234567"  }'),
  headers: encodeJourney(journey),
});

/** A way to a database that can be cut and mended. */
export async function cuttable(
  url: string,
): Promise<{ url: string; cut(): void; mend(): void; close(): void }> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as AddressInfo).port);
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: through.toString(),
    cut: () => {
      isCut = true;
      drop();
    },
    mend: () => {
      isCut = false;
    },
    close: () => {
      drop();
      server.close();
    },
  };
}
