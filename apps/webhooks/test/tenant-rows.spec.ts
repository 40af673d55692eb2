import { asTenant } from '@gateway/platform';
import type { TestDatabase } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { EndpointsStore } from '../src/endpoints.store';
import { WEBHOOKS_DATABASE } from '../src/webhooks.database';
import { WebhooksProcess, anApp, webhooksDatabase, type App } from './webhooks-process';

const { tenantTables = {}, serviceTables = [], appendOnlyTables = [] } = WEBHOOKS_DATABASE;
/** A column of each bound table, and how its value names the organization. */
const OWNED: Readonly<Record<string, readonly [column: string, owner: string]>> = {
  attempts: [
    'delivery_id',
    `join deliveries d on d.id = k join endpoints o on o.id = d.endpoint_id`,
  ],
  audit_entries: ['org_id', 'join endpoints o on o.org_id = k'],
  deliveries: ['endpoint_id', 'join endpoints o on o.id = k'],
  endpoints: ['id', 'join endpoints o on o.id = k'],
  events: ['org_id', 'join endpoints o on o.org_id = k'],
  incoming_hours: ['org_id', 'join endpoints o on o.org_id = k'],
  jobs: ['endpoint_id', 'join endpoints o on o.id = k'],
  notices: ['org_id', 'join endpoints o on o.org_id = k'],
  replays: ['endpoint_id', 'join endpoints o on o.id = k'],
};
const one = anApp();
const other = anApp();
let database: TestDatabase;
let webhooks: WebhooksProcess;

beforeAll(async () => {
  database = await webhooksDatabase();
  webhooks = await WebhooksProcess.start({ databaseUrl: database.url, apps: [one, other] });
  for (const app of [one, other]) await store(app);
});

afterAll(async () => {
  await webhooks.close();
  await database.close();
});

const query = <T>(text: string, values: unknown[] = []): Promise<T[]> =>
  database.dataSource.query<T[]>(text, values);

const asOne = <T>(text: string, of: Pick<App, 'orgId' | 'appId'> = one): Promise<T> =>
  asTenant(database.dataSource, { orgId: of.orgId, appId: of.appId }, (manager) =>
    manager.query<T>(text),
  );

/** One row of each table; what is held is sent by nobody. */
async function store({ appId, orgId }: App): Promise<void> {
  const [endpoint, event, delivery] = [randomUUID(), randomUUID(), randomUUID()];
  await query(
    `insert into endpoints (id, org_id, app_id, url, events, hub_signature, is_active, disabled_reason, headers_sealed,
       bearer_sealed, signing_sealed, revision, created_at, updated_at, changed_at)
     values ($1, $2, $3, 'https://shop.example', '{message}', false, false, 'by_owner', '', '', '', 1, now(), now(), now())`,
    [endpoint, orgId, appId],
  );
  await query(
    `insert into events (id, at, app_id, org_id, event, order_key, payload)
     values ($1, now(), $2, $3, 'message', $1, '')`,
    [event, appId, orgId],
  );
  await query(
    `insert into deliveries (id, at, event_id, endpoint_id, app_id, event, state, created_at)
     select $1, at, id, $2, app_id, event, 'held', now() from events where id = $3`,
    [delivery, endpoint, event],
  );
  await query(
    `insert into attempts (delivery_id, at, number, started_at, code)
     select id, at, 1, now(), 'status' from deliveries where id = $1`,
    [delivery],
  );
  await query(
    `insert into jobs (delivery_id, at, event_id, endpoint_id, order_key, lane, next_attempt_at)
     select id, at, event_id, endpoint_id, event_id, 9, now() from deliveries where id = $1`,
    [delivery],
  );
  await query('insert into incoming_hours values ($1, $2, now(), 1)', [orgId, appId]);
  await query(
    `insert into notices (id, org_id, app_id, endpoint_id, kind, since, created_at, given_at)
     values ($1, $2, $3, $4, 'failing', now(), now(), now())`,
    [randomUUID(), orgId, appId, endpoint],
  );
  await query(
    `insert into replays (id, endpoint_id, app_id, state, from_at, to_at, with_delivered, cursor_at, cursor_id, total,
       created_at) values ($1, $2, $3, 'done', now(), now(), false, now(), $1, 0, now())`,
    [randomUUID(), endpoint, appId],
  );
  await query(
    `insert into audit_entries (id, org_id, app_id, user_id, action, entity_id, details, at)
     values ($1, $2, $3, 'user-1', 'webhook.created', $1, '{}', now())`,
    [randomUUID(), orgId, appId],
  );
}

const ownersOf = async (table: string, keys: readonly string[]): Promise<string[]> => {
  const owner = OWNED[table]?.[1] ?? '';
  const rows = await query<{ org: string }>(
    `select distinct o.org_id as org from unnest($1::uuid[]) as t(k) ${owner}`,
    [keys],
  );
  return rows.map(({ org }) => org);
};

const byTable = Object.entries(OWNED).map(([table, [column]]) => [table, column] as const);

describe('an organization in the database of webhooks', () => {
  it.each(byTable)('sees its own rows alone in %s without any WHERE', async (table, column) => {
    const select = `select ${column} as key from ${table}`;
    const seen = await asOne<{ key: string }[]>(select);
    expect(
      await ownersOf(
        table,
        seen.map(({ key }) => key),
      ),
    ).toEqual([one.orgId]);
    expect(await query(select)).toHaveLength(2);
  });

  it.each(byTable.filter(([table]) => !appendOnlyTables.includes(table)))(
    'changes nothing of another in %s',
    async (table, column) => {
      const [changed] = await asOne<[{ key: string }[], number]>(
        `update ${table} set ${column} = ${column} returning ${column} as key`,
      );
      expect(
        await ownersOf(
          table,
          changed.map(({ key }) => key),
        ),
      ).toEqual([one.orgId]);
    },
  );

  it.each(byTable)("sees nothing in %s by another's application", async (table) => {
    const rows = await asOne<{ org: string }[]>(
      `select from ${table} where ${OWNED[table]?.[0] ?? ''} is not null`,
      { orgId: randomUUID(), appId: other.appId },
    );
    expect(rows).toEqual([]);
  });

  it.each(serviceTables)('reaches nothing of %s', async (table) => {
    await expect(asOne(`select from ${table}`)).rejects.toMatchObject({ code: '42501' });
  });

  it('has every table that names an organization, or what belongs to one, bound', async () => {
    const rows = await query<{ name: string }>(
      `select distinct c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'webhooks'::regnamespace and c.relkind in ('r', 'p')
         and not c.relispartition and not a.attisdropped
         and a.attname in ('org_id', 'organization_id', 'app_id', 'endpoint_id', 'event_id', 'delivery_id')`,
    );
    const closed = [...Object.keys(tenantTables), ...serviceTables];
    expect(rows.map(({ name }) => name).filter((name) => !closed.includes(name))).toEqual([]);
    expect(Object.keys(tenantTables).sort()).toEqual(Object.keys(OWNED).sort());
  });
});

describe("another's application, taken by mistake for the organization's own", () => {
  const mistaken = { ...other, orgId: one.orgId };
  beforeAll(() => {
    const found = { ...other, status: 'ACTIVATED', channel: null, testNumberHashes: [] } as const;
    jest
      .spyOn(webhooks.parts.applications, 'ofHandle')
      .mockImplementation((orgId) => ({ ...found, orgId }));
  });
  afterAll(() => jest.restoreAllMocks());

  it('has no endpoint, no deliveries, no replay', async () => {
    const [replay] = await query<{ id: string }>('select id from replays where app_id = $1', [
      other.appId,
    ]);
    const page = { pageNumber: 1, pageSize: 10 };
    const replayId = replay?.id ?? '';
    expect(await webhooks.command('endpoint.get', mistaken, {})).toBeNull();
    expect(await webhooks.command('deliveries.list', mistaken, page)).toEqual({
      deliveries: [],
      totalCount: 0,
    });
    await expect(webhooks.command('replays.get', mistaken, { replayId })).rejects.toMatchObject({
      code: 'GW_404',
    });
    expect(await new EndpointsStore(database.dataSource).ofApplication(other)).not.toBeNull();
    expect((await webhooks.command('deliveries.list', other, page)).totalCount).toBe(1);
    expect((await webhooks.command('replays.get', other, { replayId })).id).toBe(replayId);
  });

  it('is changed by no command', async () => {
    const [delivery] = await query<{ id: string }>('select id from deliveries where app_id = $1', [
      other.appId,
    ]);
    const deliveryId = delivery?.id ?? '';
    const gone = { code: 'GW_404' };
    await expect(webhooks.command('endpoint.delete', mistaken, {})).rejects.toMatchObject(gone);
    await expect(
      webhooks.command('deliveries.resend', mistaken, { deliveryId }),
    ).rejects.toMatchObject(gone);
  });
});
