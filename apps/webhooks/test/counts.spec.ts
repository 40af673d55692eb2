import type { InsightsRange } from '@gateway/contracts';
import { testDatabase, type TestDatabase, until } from '@gateway/testing';
import { DataSource } from 'typeorm';
import { IncomingHours1796400000000 } from '../src/migrations/1796400000000-incoming-hours';
import { WEBHOOKS_DATABASE } from '../src/webhooks.database';
import {
  WebhooksProcess,
  aMessage,
  aStatus,
  anApp,
  webhooksDatabase,
  type App,
} from './webhooks-process';

const HOUR_SECONDS = 3_600;
/** Both in one hour that has passed, whenever the test runs. */
const LAST_HOUR = Math.floor(Date.now() / 1_000 / HOUR_SECONDS - 1) * HOUR_SECONDS;
const dateOf = (seconds: number): string => new Date(seconds * 1_000).toISOString().slice(0, 10);

describe('counts of incoming messages', () => {
  let app: App;
  let database: TestDatabase;
  const running: WebhooksProcess[] = [];
  const start = async (apps: readonly App[]): Promise<WebhooksProcess> => {
    const webhooks = await WebhooksProcess.start({ databaseUrl: database.url, apps });
    running.push(webhooks);
    return webhooks;
  };
  const ask = (webhooks: WebhooksProcess, more: Partial<InsightsRange> = {}) =>
    webhooks.edge.commands.call(
      'webhooks',
      'messages.count',
      {
        orgId: app.orgId,
        appId: null,
        startDate: dateOf(LAST_HOUR),
        endDate: dateOf(LAST_HOUR),
        granularity: 'hourly',
        ...more,
      },
      { timeoutMs: 15_000 },
    );

  beforeEach(async () => {
    app = anApp();
    database = await webhooksDatabase();
  });
  afterEach(async () => {
    for (const webhooks of running.splice(0)) await webhooks.close();
    await database.close();
  });

  it('have each message once, in the hour of Meta, however often it comes and in whatever batch', async () => {
    const sibling = anApp(app.orgId);
    const stranger = anApp();
    const one = await start([app, sibling, stranger]);
    const other = await start([app, sibling, stranger]);
    const messages = Array.from({ length: 30 }, (_, index) =>
      aMessage(app, `wamid.in-${index}`, String(LAST_HOUR + index)),
    );
    const status = aStatus(app, 'wamid.out', 'delivered');
    await Promise.all([
      one.events(app, [...messages, status]),
      other.events(app, [...messages].reverse()),
      one.events(stranger, [aMessage(stranger, undefined, String(LAST_HOUR))]),
      one.events(sibling, [aMessage(sibling, undefined, String(LAST_HOUR))]),
    ]);
    await one.events(app, messages.slice(10));
    const at = new Date(LAST_HOUR * 1_000).toISOString();
    expect(await ask(one)).toEqual([{ at, incoming: 31 }]);
    expect(await ask(one, { appId: app.appId })).toEqual([{ at, incoming: 30 }]);
    expect(await ask(one, { appId: stranger.appId })).toEqual([]);
    expect(await ask(other, { granularity: 'monthly' })).toEqual([
      { at: `${dateOf(LAST_HOUR).slice(0, 7)}-01T00:00:00.000Z`, incoming: 31 },
    ]);
  });

  it('are right after a kill at any moment and the redelivery that follows', async () => {
    const messages = Array.from({ length: 40 }, (_, index) =>
      aMessage(app, `wamid.kill-${index}`, String(LAST_HOUR)),
    );
    const first = await start([app]);
    const accepting = messages.map((message) =>
      first.events(app, [message]).catch(() => undefined),
    );
    await until(async () => (await ask(first))[0]);
    await first.kill();
    void Promise.all(accepting);
    const second = await start([app]);
    await second.events(app, messages);
    expect((await ask(second)).map(({ incoming }) => incoming)).toEqual([40]);
  });

  it('begin with what was there before they were counted, and an older instance counts too', async () => {
    const old = await testDatabase({
      schema: WEBHOOKS_DATABASE.schema,
      migrations: WEBHOOKS_DATABASE.migrations.slice(
        0,
        WEBHOOKS_DATABASE.migrations.indexOf(IncomingHours1796400000000),
      ),
    });
    const schemaOwner = await new DataSource({
      type: 'postgres',
      url: old.ownerUrl,
      extra: { options: '-c search_path=webhooks' },
    }).initialize();
    const accept = (id: string, event: string) =>
      schemaOwner.query(
        `select accept_events(array[$1::uuid], array[$5::timestamptz], array[$2::uuid], array[$3::uuid], array[$4],
           array[$1::uuid], array[null::uuid], array[false], array[false], '{}'::bytea, array[2], $1::uuid, $1::uuid, 1000)`,
        [id, app.appId, app.orgId, event, new Date(LAST_HOUR * 1_000)],
      );
    const idOf = (last: number): string => `0193a8c0-0000-7000-8000-00000000000${last}`;
    await accept(idOf(1), 'messages');
    await accept(idOf(2), 'read');
    const runner = schemaOwner.createQueryRunner();
    await runner.startTransaction();
    await new IncomingHours1796400000000().up(runner);
    await runner.commitTransaction();
    await accept(idOf(3), 'messages');
    await accept(idOf(3), 'messages');
    expect(await runner.query('select sum(message_count) as count from incoming_hours')).toEqual([
      { count: '2' },
    ]);
    await new IncomingHours1796400000000().down(runner);
    await accept(idOf(4), 'messages');
    await runner.release();
    await schemaOwner.destroy();
    await old.close();
  });

  it.each<Partial<InsightsRange>>([
    { orgId: 'x' },
    { appId: 'demo' },
    { endDate: '2026-13-01' },
    { granularity: 'yearly' as never },
  ])('refuse %j', async (more) => {
    await expect(ask(await start([app]), more)).rejects.toMatchObject({ code: 'GW_003' });
  });
});
