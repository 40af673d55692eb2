import { randomUUID } from 'node:crypto';
import {
  decodeJourney,
  decodeReply,
  encodeJourney,
  type Journey,
  type Reply,
} from '@gateway/contracts';
import {
  TRANSPORT,
  createMemoryTransport,
  memoryServer,
  type InboundRecord,
  type MemoryTransport,
  type OutboundRecord,
} from '@gateway/messaging';
import { PlatformModule, createLogger } from '@gateway/platform';
import { FakeClock } from '@gateway/testing';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RateLimiterModule } from '../src/rate-limiter.module';

const logger = createLogger({ service: 'test', level: 'silent' });
const APP_ID = randomUUID();
const REPLY_PARTITION = 7;
const BODY = '{"messaging_product":"whatsapp"}';

const config = {
  healthPort: 0,
  redisUrl: undefined,
  rateStoreTimeoutMs: 150,
  commandSealingKey: Buffer.alloc(32, 7),
  commandSealingKeyPrevious: undefined,
  logLevel: 'silent',
} as const;

let clock: FakeClock;
let transport: MemoryTransport;
let app: INestMicroservice | undefined;
let admitted: InboundRecord[];
let replies: Reply[];

beforeEach(async () => {
  clock = new FakeClock();
  transport = createMemoryTransport({
    pathPartitions: 2,
    clock,
    logger,
    instanceName: randomUUID(),
  });
  admitted = [];
  replies = [];
  for (const partition of [0, 1]) {
    await transport.readPartition('message.admitted.v1', partition, (records) => {
      admitted.push(...records);
    });
  }
  await transport.readPartition('replies.v1', REPLY_PARTITION, (records) => {
    replies.push(...records.flatMap(({ headers, value }) => decodeReply(headers, value) ?? []));
  });
});

afterEach(async () => {
  await app?.close();
  await transport.close();
});

async function create(): Promise<INestMicroservice> {
  app = await NestFactory.createMicroservice(
    PlatformModule.forRoot({
      logger,
      clock,
      globals: [{ provide: TRANSPORT, useValue: transport }],
      imports: [RateLimiterModule.register(config)],
    }),
    { strategy: memoryServer(transport, { logger }), logger: false },
  );
  await app.init();
  return app;
}

async function start(): Promise<void> {
  await (await create()).listen();
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate);
}

const journey = (changed: Partial<Journey> = {}): Journey => ({
  messageId: randomUUID(),
  replyPartition: REPLY_PARTITION,
  ttlMs: 10_000,
  appId: APP_ID,
  orgId: randomUUID(),
  keyId: '018f0000-0000-7000-8000-000000000001',
  type: 'text',
  isFake: false,
  isMmlite: false,
  isLate: false,
  limits: { perSecond: 2, perMinute: 10 },
  ...changed,
});

const submitted = (context: Journey = journey()): OutboundRecord => ({
  topic: 'message.submitted.v1',
  key: APP_ID,
  value: BODY,
  headers: encodeJourney(context),
});

const send = (...records: OutboundRecord[]): Promise<void> => transport.producer.sendAll(records);

const idsOf = (records: readonly InboundRecord[]) =>
  records.map(({ headers }) => decodeJourney(headers)?.messageId);

describe('message.submitted.v1', () => {
  it('hands an admitted message on with key, bytes and headers as they came, its stamp and its rates', async () => {
    await start();
    const context = journey({
      isFake: true,
      idempotencyHash: 'a'.repeat(64),
      traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
    });
    const stampMs = clock.nowMs();
    await send({ ...submitted(context), headers: { ...encodeJourney(context), 'x-new': 'kept' } });
    await until(() => admitted.length === 1);
    const [record] = admitted;
    expect(record?.key).toBe(APP_ID);
    expect(record?.value?.toString()).toBe(BODY);
    expect(String(record?.headers['x-new'])).toBe('kept');
    expect(decodeJourney(record?.headers ?? {})).toEqual({
      ...context,
      submittedAtMs: stampMs,
      rateState: { secLimit: 2, secRemaining: 1, minLimit: 10, minRemaining: 9 },
      refusal: undefined,
    });
    expect(replies).toEqual([]);
  });

  it('refuses what is over the limit of the second with RATE_001', async () => {
    await start();
    const contexts = [journey(), journey({ type: 'read' }), journey()];
    await send(...contexts.map(submitted));
    await until(() => replies.length === 1);
    expect(idsOf(admitted)).toEqual(contexts.slice(0, 2).map(({ messageId }) => messageId));
    expect(replies).toEqual([
      {
        kind: 'refused',
        from: 'rate-limiter',
        messageId: contexts[2]?.messageId,
        isReplayed: false,
        code: 'RATE_001',
        params: { limit_type: 'sec', retry_after: '1s' },
        retryAfterSeconds: 1,
        rateState: { secLimit: 2, secRemaining: 0, minLimit: 10, minRemaining: 8 },
      },
    ]);
  });

  it('refuses what is over the limit of the minute, with a Retry-After within it', async () => {
    await start();
    const limits = { perSecond: 10, perMinute: 1 };
    await send(submitted(journey({ limits })), submitted(journey({ limits })));
    await until(() => replies.length === 1);
    const [reply] = replies;
    expect(reply).toMatchObject({ params: { limit_type: 'min', retry_after: '60s' } });
    const seconds = reply?.kind === 'refused' ? (reply.retryAfterSeconds ?? 0) : 0;
    expect(seconds).toBeGreaterThanOrEqual(59);
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('refuses what is over the limit of the day until the UTC day ends', async () => {
    await start();
    const limits = { perSecond: 100, perMinute: 100, perDay: 1 };
    const sendOne = (): Promise<void> => send(submitted(journey({ limits })));
    clock.advance(1_500);
    await sendOne();
    await sendOne();
    await until(() => replies.length === 1);
    expect(replies[0]).toMatchObject({
      code: 'RATE_001',
      params: { limit_type: 'day', retry_after: '86399s' },
      retryAfterSeconds: 86_399,
      rateState: { secRemaining: 99, minRemaining: 99 },
    });
    clock.advance(86_400_000 - 1_501);
    await sendOne();
    await until(() => replies.length === 2);
    expect(replies[1]).toMatchObject({ params: { limit_type: 'day', retry_after: '1s' } });
    clock.advance(1);
    await sendOne();
    await until(() => admitted.length === 2);
    expect(replies).toHaveLength(2);
  });

  it('gives a message that comes twice its first verdict, admitted or refused', async () => {
    await start();
    const contexts = [journey(), journey(), journey()];
    await send(...contexts.map(submitted));
    await until(() => replies.length === 1);
    await send(...contexts.map(submitted));
    await until(() => replies.length === 2);
    expect(replies[1]).toEqual(replies[0]);
    expect(idsOf(admitted)).toEqual([0, 1, 0, 1].map((index) => contexts[index]?.messageId));
    expect(admitted[2]?.headers['x-rate-state']).toEqual(admitted[0]?.headers['x-rate-state']);
  });

  it('counts once what is handled again after the broker failed, and answers once', async () => {
    await start();
    const contexts = [journey(), journey(), journey()];
    const records = contexts.map(submitted);
    const sendAll = transport.producer.sendAll.bind(transport.producer);
    let failures = 2;
    jest.spyOn(transport.producer, 'sendAll').mockImplementation((outgoing) => {
      failures -= 1;
      return failures >= 0
        ? Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNRESET' }))
        : sendAll(outgoing);
    });
    await sendAll(records);
    await until(() => replies.length === 1 && admitted.length === 2);
    expect(failures).toBeLessThan(0);
    expect(replies).toMatchObject([{ messageId: contexts[2]?.messageId }]);
    expect(idsOf(admitted)).toEqual(contexts.slice(0, 2).map(({ messageId }) => messageId));
  });

  it('marks a late message, neither counts nor refuses it', async () => {
    const microservice = await create();
    const late = [1, 2, 3, 4].map(() => journey({ isMmlite: true, ttlMs: 1_000 }));
    const inTime = [journey(), journey(), journey()];
    await send(...late.map(submitted), ...inTime.map(submitted));
    clock.advance(1_000);
    await microservice.listen();
    await until(() => admitted.length === 6 && replies.length === 1);
    const journeys = admitted.map(({ headers }) => decodeJourney(headers));
    expect(journeys.slice(0, 4)).toMatchObject(
      late.map(({ messageId }) => ({ messageId, isLate: true, isMmlite: true })),
    );
    expect(journeys[0]?.rateState).toBeUndefined();
    expect(journeys[0]?.submittedAtMs).toBe(clock.nowMs() - 1_000);
    expect(journeys.slice(4)).toMatchObject([{ isLate: false }, { isLate: false }]);
  });

  it('passes what was submitted before this process began, and counts it', async () => {
    const early = [journey(), journey(), journey()];
    await send(...early.map(submitted));
    clock.advance(500);
    await start();
    await until(() => admitted.length === 3);
    await send(submitted());
    await until(() => replies.length === 1);
    expect(admitted).toHaveLength(3);
  });

  it.each<[string, Partial<OutboundRecord>]>([
    ['no headers', { headers: {} }],
    ['a hostile header', { headers: { ...encodeJourney(journey()), 'x-limits': '1e9,-1' } }],
    ['a hostile id', { headers: { ...encodeJourney(journey()), 'x-message-id': '../../x' } }],
    [
      'a partition that is none',
      { headers: { ...encodeJourney(journey()), 'x-reply-partition': '99' } },
    ],
    ['no body', { value: null }],
    ['an empty body', { value: '' }],
  ])('sends a record with %s to the dead letter and holds nothing up', async (_case, wrong) => {
    await start();
    await send(submitted(), { ...submitted(), ...wrong }, submitted());
    await until(() => admitted.length === 2 && transport.deadLetters.length === 1);
    expect(transport.deadLetters[0]).toMatchObject({
      group: 'rate-limiter',
      record: { topic: 'message.submitted.v1' },
    });
  });

  it('answers the client of a record that goes to the dead letter with GW_500', async () => {
    await start();
    const context = journey();
    await send({ ...submitted(context), value: null });
    await until(() => replies.length === 1);
    expect(replies).toMatchObject([{ messageId: context.messageId, code: 'GW_500', params: {} }]);
  });
});
