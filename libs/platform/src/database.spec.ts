import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Client } from 'pg';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { testDatabase, type TestDatabase } from '@gateway/testing';
import { SchemaBehindError, openDatabase, serviceDatabaseUrl } from './database';
import { isDataError, isRetryableDatabaseError } from './database-error';
import { watchDatabase } from './database.health';
import { migrate } from './migrate';
import { preparedAsTenant, preparedQuery, type Statements } from './prepared-query';
import { TENANT_APPLICATION, TENANT_ORGANIZATION, asTenant } from './tenant-rows';

class CreateEntries1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table entries (id int primary key, amount bigint not null)');
    await runner.query('create table log (id int primary key)');
    await runner.query('create table orders (id int primary key, org_id uuid not null)');
    await runner.query('create table order_lines (order_id int not null, app_id uuid not null)');
    await runner.query('create table totals (id int primary key)');
  }
  down(): Promise<void> {
    return Promise.reject(new Error('Schemas only move forward.'));
  }
}

class AddNote1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table entries add note text');
  }
  down(): Promise<void> {
    return Promise.reject(new Error('Schemas only move forward.'));
  }
}

class Broken1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table half (id int)');
    await runner.query('select 1 / 0');
  }
  down(): Promise<void> {
    return Promise.reject(new Error('Schemas only move forward.'));
  }
}

const FIRST = {
  schema: 'ledger',
  migrations: [CreateEntries1700000000000],
  appendOnlyTables: ['log'],
  tenantTables: {
    orders: 'org_id',
    order_lines: {
      rule: `app_id = ${TENANT_APPLICATION}
        and (select o.org_id from ledger.orders o where o.id = order_id) = ${TENANT_ORGANIZATION}`,
    },
  },
  serviceTables: ['totals'],
};
const NEXT = { ...FIRST, migrations: [CreateEntries1700000000000, AddNote1700000000001] };
const OTHER = { schema: 'other', migrations: [CreateEntries1700000000000] };
const PASSWORDS = { ledger: 'role-password-of-tests', other: 'role-password-of-tests' };

async function sqlStateOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return String(Reflect.get(error as Error, 'code'));
  }
}

/** A connection that was ended may be seen only by its next use: what says that it may be repeated, is. */
async function untilItPasses<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryableDatabaseError(error)) throw error;
    }
  }
}

async function startProxy(targetPort: number) {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    const target = connect(targetPort, '127.0.0.1');
    client.pipe(target).pipe(client);
    client.on('error', () => undefined).on('close', () => target.destroy());
    target.on('error', () => undefined).on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => clients.size,
    end: (how: 'RST' | 'FIN') => {
      for (const client of clients) {
        if (how === 'RST') client.resetAndDestroy();
        else client.destroy();
      }
    },
    close: () => server.close(),
  };
}

describe('a database of a service', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await testDatabase(FIRST);
    ({ dataSource } = database);
    await migrate({
      url: database.ownerUrl,
      definitions: [FIRST, OTHER],
      rolePasswords: PASSWORDS,
    });
  });
  afterAll(() => database.close());

  const query = (text: string) => dataSource.query<unknown[]>(text);

  it('lets the service read and write its own tables', async () => {
    await query('insert into entries (id, amount) values (1, 9007199254740993)');
    const { rows, rowCount } = await preparedQuery<{ amount: string }>(dataSource, {
      name: 'entries-all',
      text: 'select amount from entries where id = any($1)',
      values: [[1]],
    });
    expect([rows, rowCount]).toEqual([[{ amount: '9007199254740993' }], 1]);
  });

  it.each([
    ['make a table', 'create table t (id int)'],
    ['make a temporary table', 'create temporary table t (id int)'],
    ['change a table', 'alter table entries add x int'],
    ['empty a table', 'truncate entries'],
    ['read another service', 'select * from other.entries'],
    ['write to another service', 'insert into other.entries values (1, 1)'],
    ['make a table in public', 'create table public.t (id int)'],
    ['change an append-only table', 'update log set id = 2'],
    ['delete from an append-only table', 'delete from log'],
    ['forge the list of migrations', "insert into migrations values (9, 9, 'x')"],
    ['become another role', 'set role gateway_other'],
    ['turn off its limits', 'alter role gateway_ledger bypassrls'],
  ])('does not let the service %s', async (_what, statement) => {
    expect(await sqlStateOf(query(statement))).toBe('42501');
  });

  it('lets the service add to an append-only table', async () => {
    await query('insert into log values (1)');
  });

  it('is not opened by a role that row security does not bind', async () => {
    await expect(
      openDatabase({ url: database.ownerUrl, definition: FIRST, service: 'test', waitMs: 0 }),
    ).rejects.toThrow(/bypass row security/);
  });

  it('is not opened while its schema is behind, and is as soon as it was migrated', async () => {
    const open = (waitMs: number) =>
      openDatabase({ url: database.url, definition: NEXT, service: 'test', waitMs });
    await expect(open(0)).rejects.toThrow(SchemaBehindError);
    const [opened] = await Promise.all([
      open(20_000),
      migrate({ url: database.ownerUrl, definitions: [NEXT], rolePasswords: PASSWORDS }),
    ]);
    await opened.query('select note from entries');
    await opened.destroy();
    // The release before still works on the new schema.
    const before = await openDatabase({ url: database.url, definition: FIRST, service: 'test' });
    await before.destroy();
  });

  it('cancels a statement that takes too long, and says that it may be repeated', async () => {
    const impatient = await openDatabase({
      url: database.url,
      definition: FIRST,
      service: 'test',
      statementTimeoutMs: 50,
    });
    const error: unknown = await impatient.query('select pg_sleep(10)').catch((e: unknown) => e);
    await impatient.destroy();
    expect(isRetryableDatabaseError(error)).toBe(true);
  });

  it('survives the end of every connection', async () => {
    const owner = new Client({ connectionString: database.ownerUrl });
    await owner.connect();
    const kill =
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename like 'gateway%'";
    const running = query('select pg_sleep(10)').catch((e: unknown) => e);
    const isRunning = async () =>
      (
        await owner.query(
          "select 1 from pg_stat_activity where query like '%pg_sleep(10)' and state = 'active' and datname = current_database() and usename like 'gateway%'",
        )
      ).rowCount === 1;
    while (!(await isRunning()));
    await owner.query(kill);
    await owner.end();
    expect(isRetryableDatabaseError(await running)).toBe(true);
    expect(await untilItPasses(() => query('select 1 as one'))).toEqual([{ one: 1 }]);
  });

  it.each(['RST', 'FIN'] as const)('survives connections that end by %s', async (end) => {
    const proxy = await startProxy(Number(new URL(database.url).port));
    const url = new URL(database.url);
    url.port = String(proxy.port);
    const own = await openDatabase({ url: url.toString(), definition: FIRST, service: 'test' });
    const sleeping = { name: 'sleep-10', text: 'select pg_sleep(10)', values: [] };
    const running = [
      preparedQuery(own, sleeping).catch((e: unknown) => e),
      own.query(sleeping.text).catch((e: unknown) => e),
      own.transaction((manager) => manager.query(sleeping.text)).catch((e: unknown) => e),
    ];
    while (proxy.connections() < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    proxy.end(end);
    const errors = await Promise.all(running);
    expect(errors.map(isRetryableDatabaseError)).toEqual([true, true, true]);
    const { rows } = await untilItPasses(() =>
      preparedQuery(own, { name: 'one', text: 'select 1 as one', values: [] }),
    );
    expect(rows).toEqual([{ one: 1 }]);
    await own.destroy();
    proxy.close();
  });

  it('takes a query that the server never answers for a lost connection', async () => {
    const error: unknown = await preparedQuery(dataSource, {
      name: 'sleep',
      text: 'select pg_sleep(5)',
      values: [],
      timeoutMs: 50,
    }).catch((e: unknown) => e);
    expect(isRetryableDatabaseError(error)).toBe(true);
    const { rows } = await preparedQuery(dataSource, {
      name: 'one',
      text: 'select 1 as one',
      values: [],
    });
    expect(rows).toEqual([{ one: 1 }]);
  });

  it('tells what is wrong with the data from what may pass', async () => {
    const failure = (text: string, values: unknown[]) =>
      preparedQuery(dataSource, { name: text.slice(0, 60), text, values }).catch((e: unknown) => e);
    const tooLong = await failure('select $1::int', ['99999999999']);
    const duplicate = await failure('insert into log values ($1), ($1)', [7]);
    const syntax = await failure('selec $1::int', [1]);
    expect([tooLong, duplicate, syntax].map(isDataError)).toEqual([true, true, false]);
    expect([tooLong, duplicate, syntax].map(isRetryableDatabaseError)).toEqual([
      false,
      false,
      false,
    ]);
    expect(
      isDataError(await query('insert into log values (8), (8)').catch((e: unknown) => e)),
    ).toBe(true);
  });

  it('is well for as long as it answers', async () => {
    const own = await openDatabase({ url: database.url, definition: FIRST, service: 'test' });
    const watch = watchDatabase(own, 10);
    expect(watch.check()).toBeNull();
    await own.destroy();
    while (watch.check() === null) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(watch.check()).toBe('does not answer');
    watch.stop();
  });
});

describe('rows of organizations', () => {
  const [ONE, OTHER_ONE] = [
    '00000000-0000-4000-8000-00000000000a',
    '00000000-0000-4000-8000-00000000000b',
  ] as const;
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await testDatabase(FIRST);
    ({ dataSource } = database);
    const insert = `insert into orders values (1, '${ONE}'), (2, '${OTHER_ONE}')`;
    await dataSource.query(insert);
  });
  afterAll(() => database.close());

  const ids = (rows: { id: number }[]): number[] => rows.map(({ id }) => id);
  const as = <T>(orgId: string, text: string): Promise<T> =>
    asTenant(dataSource, orgId, (manager) => manager.query<T>(text));

  it('are all seen by what works for all of them', async () => {
    expect(ids(await dataSource.query('select id from orders order by id'))).toEqual([1, 2]);
  });

  it('are seen by their organization alone, though the statement does not ask for it', async () => {
    expect(ids(await as(ONE, 'select id from orders'))).toEqual([1]);
    expect(ids(await as(OTHER_ONE, 'select id from orders'))).toEqual([2]);
  });

  it('are not changed or removed by another', async () => {
    const [, changed] = await as<[unknown, number]>(ONE, 'update orders set id = id + 10');
    expect(changed).toBe(1);
    const [removed] = await as<[{ id: number }[], number]>(ONE, 'delete from orders returning id');
    expect(ids(removed)).toEqual([11]);
    expect(ids(await dataSource.query('select id from orders'))).toEqual([2]);
  });

  it('are not made for another, nor given to him', async () => {
    expect(await sqlStateOf(as(ONE, `insert into orders values (3, '${OTHER_ONE}')`))).toBe(
      '42501',
    );
    await as(ONE, `insert into orders values (4, '${ONE}')`);
    expect(await sqlStateOf(as(ONE, `update orders set org_id = '${OTHER_ONE}'`))).toBe('42501');
  });

  it('are seen by nobody who does not say for whom', async () => {
    const rows = await dataSource.transaction(async (manager) => {
      await manager.query('set local role gateway_ledger_tenant');
      return manager.query<{ id: number }[]>('select id from orders');
    });
    expect(rows).toEqual([]);
  });

  it('are not hidden from whoever uses the connection next', async () => {
    for (let use = 0; use < 10; use += 1) {
      await as(ONE, 'select 1');
      const [who] = await dataSource.query<{ role: string; tenant: string }[]>(
        `select current_user as role, coalesce(current_setting('app.tenant', true), '') as tenant`,
      );
      expect(who).toEqual({ role: 'gateway_ledger', tenant: '' });
    }
  });

  it('are not seen through a role of their own that may log in or get around it', async () => {
    const [role] = await dataSource.query<unknown[]>(
      `select rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname = 'gateway_ledger_tenant'`,
    );
    expect(role).toEqual({ rolcanlogin: false, rolsuper: false, rolbypassrls: false });
  });

  it('are bound by a rule, for the application that the transaction names', async () => {
    const [app, otherApp] = [randomUUID(), randomUUID()];
    await dataSource.query(`insert into orders values (21, '${ONE}'), (22, '${OTHER_ONE}')`);
    await dataSource.query(
      `insert into order_lines values (21, '${app}'), (21, '${otherApp}'), (22, '${app}')`,
    );
    const seen = (tenant: Parameters<typeof asTenant>[1]) =>
      asTenant(dataSource, tenant, (manager) =>
        manager.query<unknown[]>('select order_id as id, app_id as app from order_lines'),
      );
    expect(await seen({ orgId: ONE, appId: app })).toEqual([{ id: 21, app }]);
    expect(await seen({ orgId: OTHER_ONE, appId: otherApp })).toEqual([]);
    expect(await seen(ONE)).toEqual([]);
  });

  it('are not reached where a table is the service alone', async () => {
    expect(await sqlStateOf(as(ONE, 'select from totals'))).toBe('42501');
  });

  describe('by prepared statements', () => {
    const ORDERS = { name: 'orders-all', text: 'select distinct org_id from orders', values: [] };
    const owners = (on: Statements) => preparedQuery<{ org_id: string }>(on, ORDERS);

    it('are seen by their organization alone, and all by what runs outside', async () => {
      await dataSource.query(`insert into orders values (31, '${ONE}'), (32, '${OTHER_ONE}')`);
      for (const orgId of [ONE, OTHER_ONE, ONE]) {
        const { rows } = await preparedAsTenant(dataSource, orgId, owners);
        expect(rows).toEqual([{ org_id: orgId }]);
        expect((await owners(dataSource)).rowCount).toBe(2);
      }
    });

    it('are not written', async () => {
      const write = { name: 'orders-none', text: 'delete from orders', values: [] };
      const work = preparedAsTenant(dataSource, ONE, (on) => preparedQuery(on, write));
      expect(await sqlStateOf(work)).toBe('25006');
      expect((await owners(dataSource)).rowCount).toBe(2);
    });

    it('are not waited for when the server does not answer', async () => {
      const sleep = { name: 'sleep-tenant', text: 'select pg_sleep(5)', values: [], timeoutMs: 50 };
      const error: unknown = await preparedAsTenant(dataSource, ONE, (on) =>
        preparedQuery(on, sleep),
      ).catch((e: unknown) => e);
      expect(isRetryableDatabaseError(error)).toBe(true);
      expect((await owners(dataSource)).rowCount).toBe(2);
    });
  });

  it('are bound the same after another run of the migration', async () => {
    await migrate({
      url: database.ownerUrl,
      definitions: [FIRST],
      rolePasswords: PASSWORDS,
    });
    const rows: { org_id: string }[] = await as(ONE, 'select distinct org_id from orders');
    expect(rows).toEqual([{ org_id: ONE }]);
  });
});

describe('migrate', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ schema: 'ledger', migrations: [] });
  });
  afterAll(() => database.close());

  it('runs each migration once when six processes start at the same time', async () => {
    const lines: string[] = [];
    await Promise.all(
      Array.from({ length: 6 }, () =>
        migrate({
          url: database.ownerUrl,
          definitions: [NEXT, OTHER],
          rolePasswords: PASSWORDS,
          log: (line) => lines.push(line),
        }),
      ),
    );
    expect(lines).toEqual([
      'ledger: CreateEntries1700000000000',
      'ledger: AddNote1700000000001',
      'other: CreateEntries1700000000000',
    ]);
  });

  it('changes the password of a role', async () => {
    const changed = { ...PASSWORDS, other: 'pass/word:with@signs?' };
    await migrate({ url: database.ownerUrl, definitions: [OTHER], rolePasswords: changed });
    const url = serviceDatabaseUrl(database.ownerUrl, 'other', changed.other);
    await (await openDatabase({ url, definition: OTHER, service: 'test' })).destroy();
    const old = serviceDatabaseUrl(database.ownerUrl, 'other', PASSWORDS.other);
    expect(await sqlStateOf(openDatabase({ url: old, definition: OTHER, service: 'test' }))).toBe(
      '28P01',
    );
    await migrate({ url: database.ownerUrl, definitions: [OTHER], rolePasswords: PASSWORDS });
  });

  it('leaves nothing of a migration that failed', async () => {
    const broken = { ...NEXT, migrations: [...NEXT.migrations, Broken1700000000002] };
    const run = () =>
      migrate({ url: database.ownerUrl, definitions: [broken], rolePasswords: PASSWORDS });
    expect(await sqlStateOf(run())).toBe('22012');
    expect(await sqlStateOf(run())).toBe('22012');
  });

  it('needs a password for each role', async () => {
    await expect(
      migrate({ url: database.ownerUrl, definitions: [NEXT], rolePasswords: {} }),
    ).rejects.toThrow('No password for the role gateway_ledger.');
  });
});

describe('classes of errors', () => {
  const withCode = (code: string) => Object.assign(new Error('failed'), { code });

  it.each(['40001', '40P01', '57P01', '53300', '08006', '25006', 'ECONNREFUSED', 'EPIPE'])(
    '%s may pass',
    (code) => {
      expect(isRetryableDatabaseError(withCode(code))).toBe(true);
      expect(isDataError(withCode(code))).toBe(false);
    },
  );

  it.each(['22001', '23505'])('%s is the data', (code) => {
    expect(isRetryableDatabaseError(withCode(code))).toBe(false);
    expect(isDataError(withCode(code))).toBe(true);
  });

  it('looks into what the error wraps', () => {
    const refused = new AggregateError([withCode('ECONNREFUSED')], '');
    expect(isRetryableDatabaseError(new Error('no connection', { cause: refused }))).toBe(true);
    expect(isRetryableDatabaseError(new Error('something else'))).toBe(false);
    expect(isRetryableDatabaseError(undefined)).toBe(false);
  });
});
