import type { CommandRequest } from '@gateway/contracts';
import { systemRandom, uuidv7 } from '@gateway/platform';
import { testDatabase, type TestDatabase, until } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { DISPATCHER_DATABASE } from '../src/dispatcher.database';
import { listingOf } from '../src/domain/listing';
import { Recipients } from '../src/domain/recipients';
import { ListingsStore } from '../src/listings.store';
import { MessagesStore, type ClaimRow } from '../src/messages.store';
import { aRow } from './claim-rows';
import { DispatcherProcess, anApp, handleOf } from './dispatcher-process';
import { FakeMeta } from './fake-meta';

type ListRequest = CommandRequest<'dispatcher', 'messages.list'>;

const KEY = Buffer.alloc(32, 7);
const RECIPIENT = '905321234567';
const app = anApp();
const other = anApp();
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
  });
  meta.handler = (_call, accept) => {
    accept();
  };
});

afterAll(async () => {
  await dispatcher.close();
  await meta.close();
  await database.close();
});

const EVERYTHING = {
  from: null,
  to: null,
  state: null,
  recipient: null,
  after: null,
  limit: 100,
} as const;

const requestOf = (more: Partial<ListRequest> = {}, of = app): ListRequest => ({
  orgId: of.orgId,
  appId: handleOf(of.appId),
  ...EVERYTHING,
  ...more,
});

const ask = (request: ListRequest) =>
  dispatcher.edge.commands.call('dispatcher', 'messages.list', request, { timeoutMs: 10_000 });

const detail = (request: CommandRequest<'dispatcher', 'messages.detail'>) =>
  dispatcher.edge.commands.call('dispatcher', 'messages.detail', request, { timeoutMs: 10_000 });

const idsOf = async (request: ListRequest): Promise<string[]> =>
  (await ask(request)).messages.map(({ messageId }) => messageId);

const rowAt = (appId: string, atMs: number, more: Partial<ClaimRow>): ClaimRow =>
  aRow({ appId, orgId: app.orgId }, { messageId: uuidv7(atMs, systemRandom), ...more });

const bodyTo = (to: string): Buffer =>
  Buffer.from(`{"messaging_product":"whatsapp","to":"${to}","type":"text","text":{"body":"hi"}}`);
const READ = Buffer.from('{"messaging_product":"whatsapp","status":"read","message_id":"wamid.x"}');

async function sent(more: { to?: string; type?: 'read' } = {}, of = app): Promise<string> {
  const { to = '15550100000', type } = more;
  const body = type === 'read' ? READ : bodyTo(to);
  const id = await dispatcher.send(of, type === undefined ? { body } : { type, body });
  await dispatcher.answer(id);
  return id;
}

describe('the list of messages', () => {
  it('has the newest first and only those of the application, marks as read apart', async () => {
    const ids = [await sent(), await sent(), await sent({ type: 'read' })];
    await sent({}, other);
    const page = await until(async () => {
      const found = await ask(requestOf());
      return found.messages.every(({ state }) => state === 'accepted') && found;
    });
    expect(page.messages.map(({ messageId }) => messageId)).toEqual([ids[1], ids[0]]);
    expect(page.messages[0]).toMatchObject({
      type: 'text',
      isFake: false,
      to: '+15*****00',
      error: null,
    });
    expect(page.messages[0]?.wamid).toMatch(/^wamid\./);
    expect(page.nextCursor).toBeNull();
  });

  it('finds a recipient whose number stands nowhere in the table', async () => {
    const id = await sent({ to: RECIPIENT });
    await sent({ to: '905320000000' });
    expect(await idsOf(requestOf({ recipient: RECIPIENT }))).toEqual([id]);
    const { to } = await detail({ orgId: app.orgId, appId: handleOf(app.appId), id });
    expect(to).toBe('+90*****67');
    const rows = await database.dataSource.query<{ row: string }[]>(
      'select m::text as row from messages m where id = $1',
      [id],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(RECIPIENT);
  });

  it('goes on behind its cursor until it ends, each message once', async () => {
    const recipient = '4915112345678';
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push(await sent({ to: recipient }));
    const walked: string[] = [];
    let after: string | null = null;
    do {
      const page = await ask(requestOf({ recipient, after, limit: 2 }));
      walked.push(...page.messages.map(({ messageId }) => messageId));
      after = page.nextCursor;
    } while (after !== null);
    expect(walked).toEqual(ids.reverse());
  });

  it("knows neither another tenant's application nor its messages", async () => {
    const id = await sent({}, other);
    const handle = handleOf(other.appId);
    await expect(ask(requestOf({ appId: handle }))).rejects.toMatchObject({ code: 'GW_404' });
    for (const appId of [handle, handleOf(app.appId), 'nothing']) {
      const asked = detail({ orgId: app.orgId, appId, id });
      await expect(asked).rejects.toMatchObject({ code: 'GW_404' });
    }
  });

  it.each<Partial<ListRequest>>([
    { limit: 0 },
    { limit: 101 },
    { after: 'x' },
    { from: 'soon' },
    { recipient: "'" },
    { state: 'x' as 'sent' },
  ])('refuses %j', async (wrong) => {
    await expect(ask(requestOf(wrong))).rejects.toMatchObject({ code: 'GW_003' });
  });
});

describe('the store of listings', () => {
  const recipients = new Recipients({ current: KEY });
  const owner = { bootId: randomUUID(), nowMs: Date.now() };

  it('filters by the time of the row, its state, and hashes under the key before', async () => {
    const appId = randomUUID();
    const messages = new MessagesStore(database.dataSource, recipients);
    const hours = [3, 2, 1].map((ago) => owner.nowMs - ago * 3_600_000);
    const ids: string[] = [];
    for (const [index, nowMs] of hours.entries()) {
      const state = index === 1 ? 'rejected' : 'sending';
      const row = rowAt(appId, nowMs - 1_000, { state, recipient: RECIPIENT });
      ids.push(row.messageId);
      await messages.claim([row], { ...owner, nowMs });
    }
    const changed = new Recipients({ current: Buffer.alloc(32, 8), previous: KEY });
    const store = new ListingsStore(database.dataSource, changed);
    const found = async (more: Partial<ListRequest>): Promise<string[]> => {
      const { rows } = await store.page(appId, listingOf(requestOf(more)));
      return rows.map(({ messageId }) => messageId);
    };
    const at = (index: number): string => new Date(hours[index] ?? 0).toISOString();
    expect(await found({ recipient: RECIPIENT })).toEqual([...ids].reverse());
    expect(await found({ from: at(1) })).toEqual([ids[2], ids[1]]);
    expect(await found({ to: at(1) })).toEqual([ids[0]]);
    expect(await found({ from: at(1), to: at(2) })).toEqual([ids[1]]);
    expect(await found({ state: 'rejected' })).toEqual([ids[1]]);
  });

  it('looks at a bounded piece for a page, and says where the next begins', async () => {
    const appId = randomUUID();
    const messages = new MessagesStore(database.dataSource, recipients);
    const rows = Array.from({ length: 7 }, (_, index) =>
      rowAt(appId, owner.nowMs - 10_000 + index, index === 0 ? { recipient: RECIPIENT } : {}),
    );
    await messages.claim(rows, owner);
    const store = new ListingsStore(database.dataSource, recipients, 3);
    const sizes: number[] = [];
    let after: string | null = null;
    do {
      const listing = listingOf(requestOf({ recipient: RECIPIENT, after }));
      const page = await store.page(appId, listing);
      sizes.push(page.rows.length);
      after = page.nextCursor;
    } while (after !== null);
    expect(sizes).toEqual([0, 0, 1]);
  });
});
