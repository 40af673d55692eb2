import { MESSAGE_STATES, type MessageState } from '@gateway/contracts';
import { systemRandom, uuidv7 } from '@gateway/platform';
import { testDatabase, type TestDatabase } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { canBecome } from '../src/domain/message-state';
import { DISPATCHER_DATABASE } from '../src/dispatcher.database';
import { Recipients } from '../src/domain/recipients';
import { MessagesStore, type ClaimRow } from '../src/messages.store';
import { aRow } from './claim-rows';

const RECIPIENTS = new Recipients({ current: Buffer.alloc(32, 7) });
let database: TestDatabase;
let store: MessagesStore;
const owner = { bootId: randomUUID(), nowMs: Date.now() };

beforeAll(async () => {
  database = await testDatabase(DISPATCHER_DATABASE);
  store = new MessagesStore(database.dataSource, RECIPIENTS);
});

afterAll(async () => {
  await database.close();
});

const anyRow = (more: Partial<ClaimRow> = {}): ClaimRow =>
  aRow({ appId: randomUUID(), orgId: randomUUID() }, more);

/** As long as Meta's own. */
const metaAnswer = ({ messageId }: ClaimRow): Pick<ClaimRow, 'wamid' | 'response'> => {
  const wamid = `wamid.HBgMOTA1MzIxMjM0NTY3FQIAERgS${messageId.slice(-24)}`;
  const to = { input: '905321234567', wa_id: '905321234567' };
  const answer = { messaging_product: 'whatsapp', contacts: [to], messages: [{ id: wamid }] };
  return { wamid, response: Buffer.from(JSON.stringify(answer)) };
};

/** Of rows, and those of them that no index heard of. */
async function updates(): Promise<{ all: number; hot: number }> {
  await database.dataSource.query('select pg_stat_force_next_flush()');
  const [counts] = await database.dataSource.query<{ all: number; hot: number }[]>(
    `select sum(n_tup_upd)::int as all, sum(n_tup_hot_upd)::int as hot
     from pg_stat_user_tables where relname like 'messages_20%'`,
  );
  return counts ?? { all: 0, hot: 0 };
}

const stateOf = async (id: string): Promise<MessageState | undefined> =>
  (await store.find([id]))[0]?.state;

describe('the store of messages', () => {
  it('lets an outcome change exactly the states that it may follow', async () => {
    for (const from of MESSAGE_STATES) {
      for (const to of ['accepted', 'rejected', 'unknown'] as const) {
        const row = anyRow({ state: from, errorCode: 'META_002' });
        await store.claim([row], owner);
        await store.settle([{ ...row, state: to }], owner);
        expect([from, to, await stateOf(row.messageId)]).toEqual([
          from,
          to,
          canBecome(from, to) ? to : from,
        ]);
      }
    }
  });

  it('returns of a batch only what it inserted now', async () => {
    const old = anyRow();
    await store.claim([old], owner);
    const fresh = [anyRow(), anyRow()];
    const claimed = await store.claim([old, ...fresh], { ...owner, bootId: randomUUID() });
    expect([...claimed].sort()).toEqual(fresh.map(({ messageId }) => messageId).sort());
    expect((await store.find([old.messageId]))[0]?.ownerBootId).toBe(owner.bootId);
  });

  it('lets one of many claims at once have a message or a key, without a deadlock', async () => {
    const appId = randomUUID();
    const ids = Array.from({ length: 20 }, () => uuidv7(Date.now(), systemRandom));
    const claims = Array.from({ length: 8 }, (_, index) => {
      const rows = ids.map((messageId) => anyRow({ messageId }));
      const keyed = anyRow({ appId, keyHash: '0'.repeat(64), bodyHash: '1'.repeat(64) });
      return store.claim(index % 2 === 0 ? [...rows, keyed] : [keyed, ...rows.reverse()], owner);
    });
    const claimed = (await Promise.all(claims)).flatMap((set) => [...set]);
    expect(claimed.length).toBe(ids.length + 1);
    expect(new Set(claimed).size).toBe(claimed.length);
  });

  it('keeps what Meta answered byte for byte', async () => {
    const response = Buffer.from([0x7b, 0x22, 0xff, 0x00, 0x5c, 0x22, 0x7d]);
    const row = anyRow();
    await store.claim([row], owner);
    await store.settle([{ ...row, state: 'accepted', wamid: 'wamid.{"x",\\}', response }], owner);
    const [stored] = await store.find([row.messageId]);
    expect(stored).toMatchObject({ response, wamid: 'wamid.{"x",\\}' });
    expect(await store.findByWamid(row.appId, 'wamid.{"x",\\}')).toEqual(stored);
  });

  it('puts a message into the week of its id, and one from a strange clock somewhere else', async () => {
    const rows = [anyRow(), anyRow({ messageId: uuidv7(0, systemRandom) })];
    await store.claim(rows, owner);
    const tables = await database.dataSource.query<{ name: string }[]>(
      'select tableoid::regclass::text as name from messages where id = any ($1) order by id desc',
      [rows.map(({ messageId }) => messageId)],
    );
    expect(tables[0]?.name).toMatch(/^messages_\d{8}$/);
    expect(tables[1]?.name).toBe('messages_other');
    await store.preparePartitions();
  });

  it('writes an outcome onto the page of its row, without an entry in any index, also with many under way', async () => {
    const before = await updates();
    const batches = Array.from({ length: 40 }, () => Array.from({ length: 20 }, () => anyRow()));
    for (const [index, batch] of batches.entries()) {
      await store.claim(batch, owner);
      // Calls last: some batches are claimed before the outcomes of one come.
      const due = batches[index - 4] ?? [];
      const ended = due.map((row) => ({ ...row, state: 'accepted' as const, ...metaAnswer(row) }));
      await store.settle(ended, owner);
    }
    const { all, hot } = await updates();
    expect(all - before.all).toBe(36 * 20);
    // Few others: their page was full of rows that the transactions of this moment could still see.
    expect(hot - before.hot).toBeGreaterThan(0.9 * 36 * 20);
  });
});
