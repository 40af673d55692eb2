import { callbackPrefix, type MessageRecord, type PricedPayload } from '@gateway/contracts';
import { seededRandom, testDatabase, type TestDatabase, until } from '@gateway/testing';
import { systemRandom, uuidv7 } from '@gateway/platform';
import { randomUUID } from 'node:crypto';
import { DISPATCHER_DATABASE } from '../src/dispatcher.database';
import { Recipients } from '../src/domain/recipients';
import { MessagesStore, type ClaimRow } from '../src/messages.store';
import { DispatcherProcess, anApp } from './dispatcher-process';
import { FakeMeta, answer, metaError } from './fake-meta';
import { REGULAR, statusEvent, type StatusOptions } from './meta-statuses';

const app = anApp();
const other = anApp();
const RECIPIENTS = new Recipients({ current: Buffer.alloc(32, 7) });
let database: TestDatabase;
let meta: FakeMeta;
let dispatcher: DispatcherProcess;

beforeAll(async () => {
  database = await testDatabase(DISPATCHER_DATABASE);
  meta = await FakeMeta.start();
  dispatcher = await DispatcherProcess.start({
    databaseUrl: database.url,
    metaUrl: meta.url,
    apps: [app, other],
    environment: { DISPATCHER_NUMBER_RATE_PER_SECOND: '10000', META_TIMEOUT_MS: '1000' },
  });
});

afterAll(async () => {
  await dispatcher.close();
  await meta.close();
  await database.close();
});

beforeEach(() => {
  meta.handler = (_call, accept) => {
    accept();
  };
});

const tell = (options: StatusOptions, from = app) =>
  dispatcher.transport.producer.send(statusEvent(from, options));

const recordOf = async (id: string): Promise<MessageRecord | null> =>
  dispatcher.parts.listings.get({ ...app, id });

const inState = (id: string, state: string): Promise<MessageRecord> =>
  until(async () => {
    const record = await recordOf(id);
    return record?.state === state && record;
  });

/** An accepted message: its id, wamid and callback data. */
async function accepted(): Promise<{ id: string; wamid: string; callbackData: string }> {
  const id = await dispatcher.send(app);
  await dispatcher.answer(id);
  const wamid = (await recordOf(id))?.wamid ?? '';
  return { id, wamid, callbackData: callbackPrefix(id) };
}

/** A message whose call was cut behind its last byte: nobody knows whether Meta has it. */
async function unknown(): Promise<{ id: string; callbackData: string }> {
  meta.handler = ({ socket }) => {
    socket.destroy();
  };
  const id = await dispatcher.send(app);
  expect(await dispatcher.answer(id)).toMatchObject({ kind: 'refused', code: 'META_005' });
  return { id, callbackData: callbackPrefix(id) };
}

const acceptedRow = (wamid: string): ClaimRow => ({
  messageId: uuidv7(Date.now(), systemRandom),
  appId: app.appId,
  orgId: app.orgId,
  type: 'text',
  isFake: false,
  isMmlite: false,
  state: 'accepted',
  wamid,
  errorCode: null,
  errorParams: null,
  retryAfterSeconds: null,
  response: Buffer.from('{}'),
  firstMessageId: null,
  phoneNumberId: app.phoneNumberId,
  recipient: null,
  keyHash: null,
  bodyHash: null,
});

const pricesOf = (id: string): PricedPayload[] =>
  dispatcher.priced.filter(({ messageId }) => messageId === id);

describe("a status of Meta's", () => {
  it('moves its message, and each stands in the timeline with its time', async () => {
    const { id, wamid, callbackData } = await accepted();
    await tell({ wamid, status: 'sent', atSeconds: 1_700_000_001, callbackData });
    await tell({ wamid, status: 'delivered', atSeconds: 1_700_000_002, callbackData });
    await tell({ wamid, status: 'read', atSeconds: 1_700_000_003, callbackData });
    const { statuses, error } = await inState(id, 'read');
    expect(statuses.map(({ state }) => state)).toEqual([
      'sending',
      'accepted',
      'sent',
      'delivered',
      'read',
    ]);
    expect(statuses.slice(2).map(({ at }) => Date.parse(at))).toEqual([
      1_700_000_001_000, 1_700_000_002_000, 1_700_000_003_000,
    ]);
    expect(error).toBeNull();
  });

  it('ends each of 2,500 messages in its highest state, 10,000 in random order with duplicates', async () => {
    const random = seededRandom(11);
    const rows = Array.from({ length: 2_500 }, (_, index) => acceptedRow(`wamid.many-${index}`));
    const owner = { bootId: randomUUID(), nowMs: Date.now() };
    await new MessagesStore(database.dataSource, RECIPIENTS).claim(rows, owner);
    const ids = rows.map(({ messageId }) => messageId);
    const paths = [
      ['sent', 'delivered', 'read'],
      ['sent', 'delivered'],
      ['sent', 'failed'],
      ['sent'],
    ];
    const told = rows.flatMap(({ messageId, wamid }, index) => {
      const path = paths[index % paths.length] ?? [];
      const repeated = Array.from({ length: 4 }, (_, at) => path[at % path.length] ?? 'sent');
      return repeated.map((status) =>
        statusEvent(app, {
          wamid: wamid ?? '',
          status,
          // Half of them are found by their wamid.
          ...(index % 8 < 4 && { callbackData: callbackPrefix(messageId) }),
          more: REGULAR,
        }),
      );
    });
    expect(told).toHaveLength(10_000);
    const order = told
      .map((record) => ({ record, at: random.bytes(4).readUInt32BE() }))
      .sort((a, b) => a.at - b.at);
    await dispatcher.transport.producer.sendAll(order.map(({ record }) => record));
    const expected = ['read', 'delivered', 'failed', 'sent'];
    const states = await database.dataSource.query<{ id: string; state: string }[]>(
      'select id, state from messages where id = any ($1)',
      [ids],
    );
    const stateOf = new Map(states.map(({ id, state }) => [id, state]));
    expect(ids.map((id) => stateOf.get(id))).toEqual(
      ids.map((_id, index) => expected[index % expected.length]),
    );
    const [count] = await database.dataSource.query<{ count: number }[]>(
      'select count(*)::int from message_statuses where message_id = any ($1)',
      [ids],
    );
    expect(count?.count).toBe(625 * (3 + 2 + 2 + 1));
    // A price of each that was delivered, and of each that failed that there is none.
    await until(() => new Set(dispatcher.priced.map(({ wamid }) => wamid)).size >= 1_875);
  }, 120_000);

  it('turns what is unknown into accepted and settles it, a failure too, and again when it comes again', async () => {
    for (const status of ['sent', 'failed']) {
      const { id, callbackData } = await unknown();
      expect(await inState(id, 'unknown')).toMatchObject({ wamid: null });
      const wamid = `wamid.${id}`;
      await tell({ wamid, status, callbackData });
      expect(await inState(id, status)).toMatchObject({ wamid });
      const isAccepted = () =>
        dispatcher.settlementsOf(id).filter(({ outcome }) => outcome === 'accepted').length;
      await until(() => isAccepted() === 1);
      await tell({ wamid, status, callbackData });
      await until(() => isAccepted() === 2);
      expect(await dispatcher.parts.listings.get({ ...app, id: wamid })).toMatchObject({
        messageId: id,
      });
    }
  });

  it("shows Meta's reason for a failure and what to do about it", async () => {
    const { id, wamid, callbackData } = await accepted();
    const errors = [
      { code: 131_047, title: 'Re-engagement message', error_data: { details: 'over 24 h\0' } },
    ];
    await tell({ wamid, status: 'failed', callbackData, more: { errors } });
    const { statuses, error } = await inState(id, 'failed');
    expect(statuses.at(-1)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/24 hours.*template/) as string,
    });
    expect(error).toMatchObject({ meta: { code: 131_047, details: 'over 24 h' } });
    expect(pricesOf(id)).toMatchObject([{ billable: false, category: null }]);
  });

  it('prices what was delivered by the country of its recipient, again when it comes again', async () => {
    const { id, wamid, callbackData } = await accepted();
    const delivered = { wamid, status: 'delivered', callbackData, more: REGULAR };
    await tell({ ...delivered, status: 'sent' });
    await tell(delivered);
    await tell(delivered);
    await until(() => pricesOf(id).length === 2);
    expect(pricesOf(id)[0]).toEqual({
      messageId: id,
      orgId: app.orgId,
      appId: app.appId,
      wamid,
      market: 'TR',
      category: 'utility',
      billable: true,
      atMs: 1_700_000_000_000,
    });
  });

  it('of another number touches nothing, and so does another wamid', async () => {
    const { id, wamid, callbackData } = await accepted();
    await tell({ wamid, status: 'read', callbackData, more: REGULAR }, other);
    await tell({ wamid: 'wamid.another', status: 'read', callbackData, more: REGULAR });
    await tell({ wamid, status: 'sent', callbackData });
    expect((await inState(id, 'sent')).statuses.map(({ state }) => state)).toEqual([
      'sending',
      'accepted',
      'sent',
    ]);
    expect(pricesOf(id)).toEqual([]);
  });

  it('of a message that was sent elsewhere charges nobody', async () => {
    const before = dispatcher.priced.length;
    await tell({ wamid: 'wamid.elsewhere', status: 'delivered', more: REGULAR });
    await tell({
      wamid: 'wamid.elsewhere2',
      status: 'delivered',
      callbackData: 'x',
      more: REGULAR,
    });
    const { wamid, id } = await accepted();
    await tell({ wamid, status: 'delivered', more: REGULAR });
    await until(() => pricesOf(id).length === 1);
    expect(dispatcher.priced.length).toBe(before + 1);
  });

  it('moves nothing that was refused', async () => {
    meta.handler = (call) => {
      answer(call, 400, metaError(131_009));
    };
    const id = await dispatcher.send(app);
    await dispatcher.answer(id);
    await tell({
      wamid: 'wamid.r',
      status: 'delivered',
      callbackData: callbackPrefix(id),
      more: REGULAR,
    });
    expect(await recordOf(id)).toMatchObject({ state: 'rejected', wamid: null });
    expect(pricesOf(id)).toEqual([]);
  });
});

describe('a status that is faster than our own commit', () => {
  it("moves the message by our id, and Meta's answer is kept all the same", async () => {
    let accept: () => void = () => undefined;
    meta.handler = (_call, go) => {
      accept = go;
    };
    const id = await dispatcher.send(app);
    await until(() => meta.callsWith(callbackPrefix(id)).length === 1);
    const calls = meta.calls.length;
    await tell({ wamid: `wamid.early-${calls}`, status: 'sent', callbackData: callbackPrefix(id) });
    await inState(id, 'sent');
    accept();
    await dispatcher.answer(id);
    const [row] = await database.dataSource.query<{ state: string; response: Buffer | null }[]>(
      'select state, response from messages where id = $1',
      [id],
    );
    expect(row?.state).toBe('sent');
    expect(row?.response?.toString()).toContain('wamid.');
  });

  it('waits, when only the wamid names the message, until that is stored', async () => {
    const long = 'v'.repeat(500);
    const wamid = 'wamid.of-a-long-value';
    let accept: () => void = () => undefined;
    meta.handler = (call) => {
      accept = () => {
        answer(call, 200, { messaging_product: 'whatsapp', messages: [{ id: wamid }] });
      };
    };
    const body = Buffer.from(
      JSON.stringify({
        messaging_product: 'whatsapp',
        to: '905321234567',
        type: 'text',
        text: { body: 'hi' },
        biz_opaque_callback_data: long,
      }),
    );
    const id = await dispatcher.send(app, { body });
    await until(() => meta.callsWith(long).length === 1);
    const told = tell({ wamid, status: 'delivered', callbackData: long, more: REGULAR });
    accept();
    await told;
    await inState(id, 'delivered');
    expect(pricesOf(id)).toHaveLength(1);
  });
});

describe('with the store gone', () => {
  it('statuses wait for it and are applied then', async () => {
    const { id, wamid, callbackData } = await accepted();
    dispatcher.database.cut();
    const told = tell({ wamid, status: 'delivered', callbackData, more: REGULAR });
    expect(await dispatcher.answer(await dispatcher.send(app))).toMatchObject({ code: 'GW_008' });
    dispatcher.database.open();
    await told;
    await inState(id, 'delivered');
    expect(pricesOf(id)).toHaveLength(1);
  });
});
