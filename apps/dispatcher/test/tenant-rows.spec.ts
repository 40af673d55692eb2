import { asTenant, systemRandom, uuidv7 } from '@gateway/platform';
import { testDatabase, type TestDatabase } from '@gateway/testing';
import { DISPATCHER_DATABASE } from '../src/dispatcher.database';
import { DispatcherProcess, anApp, handleOf, type App } from './dispatcher-process';
import { FakeMeta } from './fake-meta';

const { tenantTables = {}, serviceTables = [] } = DISPATCHER_DATABASE;
/** The column of each bound table by which the owner of its rows is found. */
const MESSAGE_OF: Readonly<Record<string, string>> = {
  message_statuses: 'message_id',
  message_wamids: 'message_id',
  messages: 'id',
};
/** What is counted moves from one to the other. */
const COUNTS = ['message_count_changes', 'message_hours'] as const;
const one = anApp();
const other = anApp();
let database: TestDatabase;
let meta: FakeMeta;
let dispatcher: DispatcherProcess;

beforeAll(async () => {
  database = await testDatabase(DISPATCHER_DATABASE);
  meta = await FakeMeta.start();
  const addresses = { databaseUrl: database.url, metaUrl: meta.url };
  dispatcher = await DispatcherProcess.start({ ...addresses, apps: [one, other] });
  for (const app of [one, other]) await store(app);
});

afterAll(async () => {
  await dispatcher.close();
  await meta.close();
  await database.close();
});

const query = <T>(text: string, values: unknown[] = []): Promise<T[]> =>
  database.dataSource.query<T[]>(text, values);

const asOne = <T>(text: string): Promise<T> =>
  asTenant(database.dataSource, one.orgId, (manager) => manager.query<T>(text));

async function store({ appId, orgId }: App): Promise<void> {
  const id = uuidv7(Date.now(), systemRandom);
  await query(
    `insert into messages (id, app_id, org_id, owner_boot_id, created_at, updated_at, flags, type, state, wamid)
     values ($1, $2, $3, $1, now(), now(), 0, 'text', 'sent', $4)`,
    [id, appId, orgId, `wamid.${appId}`],
  );
  await query(`insert into message_statuses (message_id, at, status) values ($1, now(), 'sent')`, [
    id,
  ]);
  await query('insert into message_wamids values ($1, hashtextextended($2, 0))', [
    id,
    `wamid.${appId}`,
  ]);
}

/** Whose the messages are. */
const ownersOf = async (ids: readonly string[]): Promise<string[]> =>
  (
    await query<{ org: string }>(
      'select distinct org_id as org from messages where id = any ($1::uuid[])',
      [ids],
    )
  ).map(({ org }) => org);

const byTable = Object.entries(MESSAGE_OF);

describe('an organization in the database of the dispatcher', () => {
  it.each(byTable)('sees its own rows alone in %s without any WHERE', async (table, column) => {
    const select = `select ${column} as id from ${table}`;
    const seen = await asOne<{ id: string }[]>(select);
    expect(await ownersOf(seen.map(({ id }) => id))).toEqual([one.orgId]);
    expect(await query(select)).toHaveLength(2);
  });

  it.each(byTable)('changes and removes nothing of another in %s', async (table, column) => {
    const [changed] = await asOne<[{ id: string }[], number]>(
      `update ${table} set ${column} = ${column} returning ${column} as id`,
    );
    expect(await ownersOf(changed.map(({ id }) => id))).toEqual([one.orgId]);
    await asTenant(database.dataSource, other.orgId, async (manager) => {
      const sql = `delete from ${table} returning ${column} as id`;
      const [removed] = await manager.query<[{ id: string }[], number]>(sql);
      expect(await ownersOf(removed.map(({ id }) => id))).toEqual([other.orgId]);
      throw new Error('undone');
    }).catch((error: unknown) => {
      expect(error).toEqual(new Error('undone'));
    });
  });

  it('sees its own counts alone, moved into their hour or not', async () => {
    const select = COUNTS.map((table) => `select org_id as org from ${table}`).join(' union ');
    expect(await asOne(select)).toEqual([{ org: one.orgId }]);
    expect(await query(select)).toHaveLength(2);
  });

  it.each(serviceTables)('reaches nothing of %s', async (table) => {
    await expect(asOne(`select from ${table}`)).rejects.toMatchObject({ code: '42501' });
  });

  it('has every table that names an organization, or a message, bound', async () => {
    const rows = await query<{ name: string }>(
      `select distinct c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'dispatcher'::regnamespace and c.relkind in ('r', 'p')
         and not c.relispartition and not a.attisdropped
         and a.attname in ('org_id', 'organization_id', 'app_id', 'message_id')`,
    );
    const closed = [...Object.keys(tenantTables), ...serviceTables];
    expect(rows.map(({ name }) => name).filter((name) => !closed.includes(name))).toEqual([]);
    expect(Object.keys(tenantTables).sort()).toEqual(
      [...COUNTS, ...Object.keys(MESSAGE_OF)].sort(),
    );
  });
});

describe("another's application, taken by mistake for the organization's own", () => {
  const request = { orgId: one.orgId, appId: handleOf(other.appId) };
  beforeAll(() => jest.spyOn(dispatcher.parts.channels, 'ofHandle').mockReturnValue(other.appId));
  afterAll(() => jest.restoreAllMocks());

  it('has no messages to list', async () => {
    const filters = { from: null, to: null, state: null, recipient: null, after: null, limit: 10 };
    const { listings } = dispatcher.parts;
    expect(await listings.list({ ...request, ...filters })).toEqual({
      messages: [],
      nextCursor: null,
    });
    const own = await listings.list({ ...request, orgId: other.orgId, ...filters });
    expect(own.messages).toHaveLength(1);
  });

  it('has no message to show, by its id or its wamid', async () => {
    const { listings } = dispatcher.parts;
    const [message] = await query<{ id: string }>('select id from messages where org_id = $1', [
      other.orgId,
    ]);
    for (const id of [message?.id ?? '', `wamid.${other.appId}`]) {
      const shown = { ...request, id };
      await expect(listings.detail(shown)).rejects.toMatchObject({ code: 'GW_404' });
      const own = await listings.detail({ ...shown, orgId: other.orgId });
      expect(own.statuses.map(({ state }) => state)).toEqual(['sending', 'accepted', 'sent']);
    }
  });
});
