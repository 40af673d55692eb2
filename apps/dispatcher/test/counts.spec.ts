import { callbackPrefix, type InsightsRange, type MessageState } from '@gateway/contracts';
import { systemRandom, uuidv7 } from '@gateway/platform';
import { seededRandom, testDatabase, type TestDatabase, until } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { CountsStore } from '../src/counts.store';
import { DISPATCHER_DATABASE } from '../src/dispatcher.database';
import { Recipients } from '../src/domain/recipients';
import { MessagesStore, type ClaimRow } from '../src/messages.store';
import { MessageCounts1796400000000 } from '../src/migrations/1796400000000-message-counts';
import { StatusesStore } from '../src/statuses.store';
import { aRow } from './claim-rows';
import { DispatcherProcess, anApp, type App } from './dispatcher-process';
import { FakeMeta, answer, metaError } from './fake-meta';
import { statusEvent } from './meta-statuses';

const RECIPIENTS = new Recipients({ current: Buffer.alloc(32, 7) });
const HOUR_MS = 3_600_000;
const owner = { bootId: randomUUID(), nowMs: Date.parse('2026-03-10T10:30:00Z') };
const DAY = { startDate: '2026-03-10', endDate: '2026-03-10', granularity: 'daily' } as const;

let database: TestDatabase;
let messages: MessagesStore;
let counts: CountsStore;

beforeAll(async () => {
  database = await testDatabase(DISPATCHER_DATABASE);
  messages = new MessagesStore(database.dataSource, RECIPIENTS);
  counts = new CountsStore(database.dataSource);
});

afterAll(() => database.close());

const rowOf = (app: App, more: Partial<ClaimRow> = {}): ClaimRow =>
  aRow(app, { phoneNumberId: app.phoneNumberId, ...more });

interface Counted {
  readonly kind: string;
  readonly state: MessageState;
  readonly count: number;
}

/** Everything ever counted of an organization. */
const countsOf = async ({ orgId }: App): Promise<Counted[]> => {
  const range = { from: new Date(0), to: new Date('2100-01-01'), period: 'month' } as const;
  const found = await counts.count({ orgId, appId: null, ...range });
  const sums = new Map<string, Counted>();
  for (const { kind, state, count } of found) {
    const before = sums.get(`${kind} ${state}`)?.count ?? 0;
    sums.set(`${kind} ${state}`, { kind, state, count: before + count });
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
};

/** The same, counted from the messages themselves. */
const truthOf = ({ orgId }: App): Promise<Counted[]> =>
  database.dataSource.query<Counted[]>(
    `select kind, state, count(*)::float8 as count
     from (select *, case when type is distinct from 'template' then 'session'
       when flags & 2 = 2 then 'marketing_lite' else 'template' end as kind from messages) m
     where org_id = $1 and state <> 'sending' and flags & 1 = 0 and first_message_id is null
       and type is distinct from 'read'
     group by 1, 2 order by kind || ' ' || state collate "C"`,
    [orgId],
  );

describe('counts of messages', () => {
  it('are those of the messages themselves, with fakes, marks as read and repeats left out', async () => {
    const app = anApp();
    const first = rowOf(app);
    const rows = [
      first,
      rowOf(app, { type: 'template' }),
      rowOf(app, { type: 'template', isMmlite: true }),
      rowOf(app, { isFake: true }),
      rowOf(app, { type: 'read' }),
      rowOf(app, { state: 'rejected', errorCode: 'META_003' }),
      rowOf(app, { state: 'expired', type: null }),
      rowOf(app, { state: 'accepted', firstMessageId: first.messageId }),
    ];
    await messages.claim(rows, owner);
    const sent = rows.filter(({ state }) => state === 'sending');
    await messages.settle(
      sent.map((row) => ({ ...row, state: 'accepted', wamid: `wamid.${row.messageId}` })),
      owner,
    );
    expect(await countsOf(app)).toEqual([
      { kind: 'marketing_lite', state: 'accepted', count: 1 },
      { kind: 'session', state: 'accepted', count: 1 },
      { kind: 'session', state: 'expired', count: 1 },
      { kind: 'session', state: 'rejected', count: 1 },
      { kind: 'template', state: 'accepted', count: 1 },
    ]);
    expect(await countsOf(app)).toEqual(await truthOf(app));
  });

  it('stay exact while statements repeat in any order and instances move counts at once', async () => {
    const app = anApp();
    const random = seededRandom(5);
    const statuses = new StatusesStore(database.dataSource);
    const rows = Array.from({ length: 300 }, (_, index) =>
      rowOf(app, { type: index % 3 === 0 ? 'template' : 'text', wamid: `wamid.c-${index}` }),
    );
    let isDone = false;
    const folders = [0, 1].map(async () => {
      while (!isDone) await counts.fold(7);
    });
    const states = ['sent', 'delivered', 'read', 'failed'] as const;
    const work = Array.from({ length: 60 }, async () => {
      const at = random.bytes(1).readUInt8() % rows.length;
      const some = rows.slice(at, at + 40);
      await messages.claim(some, owner);
      await Promise.all([
        messages.settle(
          some.map((row) => ({ ...row, state: at % 5 === 0 ? 'unknown' : 'accepted' })),
          owner,
        ),
        statuses.apply(
          some.map(({ messageId, wamid }, index) => ({
            messageId,
            wamid: wamid ?? '',
            phoneNumberId: app.phoneNumberId,
            status: states[(at + index) % states.length] ?? 'sent',
            atMs: owner.nowMs,
            error: null,
            price: null,
            recipient: null,
            mayBeKnownByWamid: true,
          })),
          owner.nowMs,
        ),
      ]);
    });
    await Promise.all(work);
    isDone = true;
    await Promise.all(folders);
    const truth = await truthOf(app);
    expect(truth.length).toBeGreaterThan(4);
    expect(await countsOf(app)).toEqual(truth);
    while ((await counts.fold(100)) > 0);
    expect(await countsOf(app)).toEqual(truth);
  }, 120_000);

  it('know nothing of a statement whose process was killed before its commit', async () => {
    const app = anApp();
    const victim = new Client({ connectionString: database.url });
    victim.on('error', () => undefined);
    await victim.connect();
    await victim.query('set search_path = dispatcher');
    await victim.query('begin');
    await victim.query(
      `insert into messages (id, app_id, org_id, owner_boot_id, created_at, updated_at, flags, type, state)
       values ($1, $2, $3, $1, now(), now(), 0, 'text', 'rejected')`,
      [uuidv7(Date.now(), systemRandom), app.appId, app.orgId],
    );
    await victim.query('delete from message_count_changes');
    const [{ pid } = { pid: 0 }] = (
      await victim.query<{ pid: number }>('select pg_backend_pid() as pid')
    ).rows;
    await database.dataSource.query('select pg_terminate_backend($1)', [pid]);
    await until(async () => {
      const alive = await database.dataSource.query<unknown[]>(
        'select from pg_stat_activity where pid = $1',
        [pid],
      );
      return alive.length === 0;
    });
    expect(await countsOf(app)).toEqual([]);
  });

  it('are of the hour in which a message was taken, summed by the period that is asked for', async () => {
    const app = anApp();
    const taken = ['2026-03-08T23:59:59Z', '2026-03-09T00:00:00Z', '2026-03-09T00:59:59Z'];
    for (const at of [...taken, '2026-03-31T12:00:00Z']) {
      await messages.claim([rowOf(app, { state: 'accepted' })], {
        ...owner,
        nowMs: Date.parse(at),
      });
    }
    const asked = async (period: 'hour' | 'day' | 'week' | 'month', from: string, to: string) =>
      (
        await counts.count({ ...app, appId: null, period, from: new Date(from), to: new Date(to) })
      ).map(({ at, count }) => `${at.toISOString().slice(0, 13)} ${count}`);
    const march = ['2026-03-01', '2026-04-01'] as const;
    expect(await asked('hour', ...march)).toEqual([
      '2026-03-08T23 1',
      '2026-03-09T00 2',
      '2026-03-31T12 1',
    ]);
    expect(await asked('day', '2026-03-09', '2026-03-10')).toEqual(['2026-03-09T00 2']);
    expect(await asked('week', ...march)).toEqual([
      '2026-03-02T00 1',
      '2026-03-09T00 2',
      '2026-03-30T00 1',
    ]);
    expect(await asked('month', ...march)).toEqual(['2026-03-01T00 4']);
    const other = await counts.count({
      orgId: app.orgId,
      appId: randomUUID(),
      period: 'day',
      from: new Date(0),
      to: new Date('2100-01-01'),
    });
    expect(other).toEqual([]);
  });

  it('begin with the messages that were there before they were counted', async () => {
    const old = await testDatabase({
      schema: DISPATCHER_DATABASE.schema,
      migrations: DISPATCHER_DATABASE.migrations.filter(
        (migration) => migration !== MessageCounts1796400000000,
      ),
    });
    const app = anApp();
    const store = new MessagesStore(old.dataSource, RECIPIENTS);
    await store.claim([rowOf(app, { state: 'rejected' }), rowOf(app)], owner);
    const schemaOwner = await new DataSource({
      type: 'postgres',
      url: old.ownerUrl,
      extra: { options: '-c search_path=dispatcher' },
    }).initialize();
    const runner = schemaOwner.createQueryRunner();
    await runner.startTransaction();
    await new MessageCounts1796400000000().up(runner);
    await runner.commitTransaction();
    expect(await runner.query('select kind, state, message_count from message_hours')).toEqual([
      { kind: 'session', state: 'rejected', message_count: '1' },
    ]);
    await new MessageCounts1796400000000().down(runner);
    await runner.release();
    await schemaOwner.destroy();
    await store.claim([rowOf(app)], owner);
    await old.close();
  });
});

describe('messages.count', () => {
  const app = anApp();
  const other = anApp();
  let meta: FakeMeta;
  let dispatcher: DispatcherProcess;
  beforeAll(async () => {
    meta = await FakeMeta.start();
    dispatcher = await DispatcherProcess.start({
      databaseUrl: database.url,
      metaUrl: meta.url,
      apps: [app, other],
    });
  });
  afterAll(async () => {
    await dispatcher.close();
    await meta.close();
  });

  const today = (atMs = Date.now()): string => new Date(atMs).toISOString().slice(0, 10);
  const ask = (more: Partial<InsightsRange> = {}) =>
    dispatcher.edge.commands.call(
      'dispatcher',
      'messages.count',
      {
        orgId: app.orgId,
        appId: null,
        startDate: today(Date.now() - 24 * HOUR_MS),
        endDate: today(),
        granularity: 'monthly',
        ...more,
      },
      { timeoutMs: 10_000 },
    );

  it('is what was sent and how it stands, as it happens', async () => {
    meta.handler = (_call, accept) => {
      accept();
    };
    const id = await dispatcher.send(app);
    await dispatcher.answer(id);
    await dispatcher.answer(await dispatcher.send(other));
    meta.handler = (call) => {
      answer(call, 400, metaError(131026));
    };
    await dispatcher.answer(await dispatcher.send(app));
    const { periods, states } = await until(async () => {
      const found = await ask();
      return found.states.accepted === 1 && found;
    });
    expect(periods.map(({ session, template }) => [session, template])).toEqual([[1, 0]]);
    expect(states).toEqual({ accepted: 1, rejected: 1 });
    const wamid = (await dispatcher.parts.listings.get({ ...app, id }))?.wamid ?? '';
    const status = { wamid, status: 'delivered', callbackData: callbackPrefix(id) } as const;
    await dispatcher.transport.producer.send(statusEvent(app, status));
    await dispatcher.transport.producer.send(statusEvent(app, status));
    expect(
      await until(async () => {
        const found = await ask({ appId: app.appId });
        return found.states.delivered === 1 && found;
      }),
    ).toMatchObject({ periods, states: { delivered: 1, rejected: 1 } });
    expect(await ask({ appId: other.appId })).toEqual({ periods: [], states: {} });
  });

  it.each<Partial<InsightsRange>>([
    { orgId: 'x' },
    { appId: 'demo' },
    { startDate: '2026-02-30' },
    { startDate: '2026-03-02', endDate: '2026-03-01' },
    { granularity: 'yearly' as never },
    { granularity: 'constructor' as never },
  ])('refuses %j', async (more) => {
    await expect(ask({ ...DAY, ...more })).rejects.toMatchObject({ code: 'GW_003' });
  });

  it('says GW_008 while its store is gone', async () => {
    dispatcher.database.cut();
    await expect(ask()).rejects.toMatchObject({ code: 'GW_008' });
    dispatcher.database.open();
    await until(() => ask().catch(() => false));
  });
});
