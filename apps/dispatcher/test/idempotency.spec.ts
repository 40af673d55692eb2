import { testDatabase, type TestDatabase, until } from '@gateway/testing';
import type { Journey } from '@gateway/contracts';
import { createHash, randomUUID } from 'node:crypto';
import { DISPATCHER_DATABASE } from '../src/dispatcher.database';
import { DispatcherProcess, TEXT, anApp } from './dispatcher-process';
import { FakeMeta, answer, metaError, type CallHandler } from './fake-meta';

const app = anApp();
let database: TestDatabase;
let meta: FakeMeta;
let dispatcher: DispatcherProcess;

beforeAll(async () => {
  database = await testDatabase(DISPATCHER_DATABASE);
  meta = await FakeMeta.start();
  dispatcher = await DispatcherProcess.start({
    databaseUrl: database.url,
    metaUrl: meta.url,
    apps: [app],
    environment: { DISPATCHER_NUMBER_RATE_PER_SECOND: '10000', META_TIMEOUT_MS: '300' },
  });
});

afterAll(async () => {
  await dispatcher.close();
  await meta.close();
  await database.close();
});

const accept: CallHandler = (_call, go) => {
  go();
};
const refuse =
  (code: number, status = 400): CallHandler =>
  (call) => {
    answer(call, status, metaError(code));
  };

beforeEach(() => {
  meta.handler = accept;
});

const aKey = (): string => createHash('sha256').update(randomUUID()).digest('hex');

async function request(
  idempotencyHash: string,
  more: Partial<Journey> & { body?: Buffer } = {},
): Promise<{ id: string; reply: Awaited<ReturnType<DispatcherProcess['answer']>> }> {
  const id = await dispatcher.send(app, { idempotencyHash, ...more });
  return { id, reply: await dispatcher.answer(id) };
}

describe('a request with a key that was used before', () => {
  it('gets the first answer byte for byte, names the first message, and gives its own money back', async () => {
    const key = aKey();
    const before = meta.calls.length;
    const first = await request(key);
    const second = await request(key);
    expect(second.reply).toMatchObject({ kind: 'accepted', isReplayed: true, messageId: first.id });
    expect(second.reply.kind === 'accepted' && second.reply.data).toEqual(
      first.reply.kind === 'accepted' && first.reply.data,
    );
    expect(meta.calls.length).toBe(before + 1);
    expect(await dispatcher.settlement(first.id)).toMatchObject({ outcome: 'accepted' });
    expect(await dispatcher.settlement(second.id)).toMatchObject({ outcome: 'rejected' });
    // The repeat's own record comes again.
    const count = dispatcher.repliesTo(second.id).length;
    await dispatcher.send(app, { idempotencyHash: key, messageId: second.id });
    await until(() => dispatcher.repliesTo(second.id).length > count);
    expect(dispatcher.repliesTo(second.id).at(-1)).toEqual(second.reply);
    expect(dispatcher.settlementsOf(second.id).every(({ outcome }) => outcome === 'rejected')).toBe(
      true,
    );
    expect(meta.calls.length).toBe(before + 1);
  });

  it.each([
    ['META_002', refuse(131026)],
    ['META_004', refuse(190)],
  ])('whose first was finally refused (%s) gets that refusal', async (code, handler) => {
    const key = aKey();
    meta.handler = handler;
    const first = await request(key);
    meta.handler = accept;
    const before = meta.calls.length;
    const second = await request(key);
    expect(second.reply).toMatchObject({ code, isReplayed: true, messageId: first.id });
    expect(second.reply).toMatchObject({
      params: first.reply.kind === 'refused' ? first.reply.params : {},
    });
    expect(meta.calls.length).toBe(before);
  });

  it('whose first is unknown gets META_005, and the acceptance once it is known', async () => {
    const key = aKey();
    meta.handler = () => undefined;
    const first = await request(key);
    meta.handler = accept;
    const before = meta.calls.length;
    expect((await request(key)).reply).toMatchObject({
      code: 'META_005',
      isReplayed: true,
      params: { message_id: `msg_${first.id}` },
    });
    await database.dataSource.query(
      `update messages set state = 'delivered', wamid = 'wamid.LATE' where id = $1`,
      [first.id],
    );
    const { reply } = await request(key);
    expect(reply).toMatchObject({ kind: 'accepted', isReplayed: true, messageId: first.id });
    expect(JSON.parse(String(reply.kind === 'accepted' && reply.data))).toEqual({
      messaging_product: 'whatsapp',
      messages: [{ id: 'wamid.LATE' }],
    });
    expect(meta.calls.length).toBe(before);
  });

  it.each([
    ['META_003', {}, refuse(130429)],
    ['META_001', {}, refuse(131016, 500)],
    ['BILL_001', { refusal: 'BILL_001' as const }, accept],
    ['GW_008', { isLate: true }, accept],
  ])('whose first did nothing (%s) is sent', async (code, more, handler) => {
    const key = aKey();
    meta.handler = handler;
    expect((await request(key, more)).reply).toMatchObject({ code });
    meta.handler = accept;
    const before = meta.calls.length;
    // After 130429 the number itself pauses.
    const reply = await until(async () => {
      const { reply } = await request(key);
      return reply.kind === 'accepted' && reply;
    });
    expect(reply).toMatchObject({ isReplayed: false });
    expect(meta.calls.length).toBe(before + 1);
    expect((await request(key)).reply).toMatchObject({ kind: 'accepted', isReplayed: true });
    expect(meta.calls.length).toBe(before + 1);
  });

  it('while the first still runs gets GW_006', async () => {
    const key = aKey();
    let go: (() => void) | undefined;
    meta.handler = (_call, next) => {
      go = next;
    };
    const id = await dispatcher.send(app, { idempotencyHash: key });
    const next = await until(() => go);
    const second = await request(key);
    expect(second.reply).toMatchObject({ code: 'GW_006', retryAfterSeconds: 1, isReplayed: false });
    next();
    expect(await dispatcher.answer(id)).toMatchObject({ kind: 'accepted' });
  });

  it.each([
    ['another body', { body: Buffer.from(`${TEXT.toString()} `) }],
    ['is_fake', { isFake: true }],
    ['mmlite', { isMmlite: true }],
  ])('and %s is refused with GW_007', async (_name, more) => {
    const key = aKey();
    await request(key);
    const before = meta.calls.length;
    const second = await request(key, more);
    expect(second.reply).toMatchObject({ code: 'GW_007', isReplayed: false });
    expect(await dispatcher.settlement(second.id)).toMatchObject({ outcome: 'rejected' });
    expect(meta.calls.length).toBe(before);
  });

  it('is answered from the first although the balance is used up', async () => {
    const key = aKey();
    const first = await request(key);
    const second = await request(key, { refusal: 'BILL_001' });
    expect(second.reply).toMatchObject({ kind: 'accepted', isReplayed: true, messageId: first.id });
    expect(await dispatcher.settlement(second.id)).toMatchObject({ outcome: 'rejected' });
  });

  it('by another application is its own request', async () => {
    const key = aKey();
    await request(key);
    const other = await dispatcher.send(anApp(), { idempotencyHash: key, isFake: true });
    expect(await dispatcher.answer(other)).toMatchObject({ kind: 'accepted', isReplayed: false });
  });

  it('is new again after 24 hours', async () => {
    const key = aKey();
    await request(key);
    await database.dataSource.query(
      `update idempotency_keys set expires_at = now() where key_hash = decode($1, 'hex')`,
      [key],
    );
    const before = meta.calls.length;
    expect((await request(key)).reply).toMatchObject({ kind: 'accepted', isReplayed: false });
    expect(meta.calls.length).toBe(before + 1);
  });

  it('50 at once are one send; the others are in progress or get the replay', async () => {
    const key = aKey();
    const before = meta.calls.length;
    const ids = await Promise.all(
      Array.from({ length: 50 }, () => dispatcher.send(app, { idempotencyHash: key })),
    );
    const replies = await Promise.all(ids.map((id) => dispatcher.answer(id)));
    const sent = replies.filter((reply) => reply.kind === 'accepted' && !reply.isReplayed);
    expect(sent.length).toBe(1);
    for (const reply of replies) {
      if (reply.kind === 'refused') expect(reply.code).toBe('GW_006');
      else expect(reply.messageId).toBe(sent[0]?.messageId);
    }
    await until(() => ids.every((id) => dispatcher.settlementsOf(id).length === 1));
    const outcomes = ids.map((id) => dispatcher.settlementsOf(id)[0]?.outcome);
    expect(outcomes.filter((outcome) => outcome === 'accepted').length).toBe(1);
    expect(meta.calls.length).toBe(before + 1);
  });

  it('leaves no row of a key for requests without one', async () => {
    const count = async () =>
      (
        await database.dataSource.query<{ n: number }[]>(
          'select count(*)::int as n from idempotency_keys',
        )
      )[0]?.n;
    const before = await count();
    await dispatcher.answer(await dispatcher.send(app));
    expect(await count()).toBe(before);
  });
});
