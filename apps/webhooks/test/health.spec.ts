import type { TestDatabase } from '@gateway/testing';
import { until } from '@gateway/testing';
import type { Notice } from '../src/notices.store';
import { Receiver } from './receiver';
import {
  WebhooksProcess,
  aMessage,
  anApp,
  webhooksDatabase,
  type App,
  type ProcessOptions,
} from './webhooks-process';

interface EndpointState {
  readonly is_active: boolean;
  readonly disabled_reason: string | null;
  readonly failures: number;
  readonly failing_since: Date | null;
  readonly breaker_opens: number;
  readonly breaker_open_until: Date | null;
}

describe('an endpoint and its health', () => {
  let app: App;
  let database: TestDatabase;
  let receiver: Receiver;
  let webhooks: WebhooksProcess;
  const start = async (more: Partial<ProcessOptions> = {}): Promise<void> => {
    webhooks = await WebhooksProcess.start({ databaseUrl: database.url, apps: [app], ...more });
    await webhooks.endpoint(app, receiver.url);
  };
  const query = <T>(sql: string): Promise<T[]> => database.dataSource.query<T[]>(sql);
  const endpoint = async (): Promise<EndpointState> => {
    const [row] = await query<EndpointState>('select * from endpoints');
    if (!row) throw new Error('no endpoint');
    return row;
  };
  const count = async (from: string): Promise<number> =>
    (await query<{ count: number }>(`select count(*)::integer as count from ${from}`))[0]?.count ??
    -1;
  const send = async (events: number): Promise<void> => {
    await webhooks.events(
      app,
      Array.from({ length: events }, () => aMessage(app)),
    );
  };

  beforeEach(async () => {
    app = anApp();
    database = await webhooksDatabase();
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await webhooks.close();
    await receiver.close();
    await database.close();
  });

  it('case 38: one success clears everything', async () => {
    await start();
    receiver.status(500);
    await send(9);
    await until(async () => (await endpoint()).failures === 9);
    receiver.ok();
    await send(1);
    await until(async () => (await endpoint()).failing_since === null);
    expect(await endpoint()).toMatchObject({ failures: 0, is_active: true });
    expect(await count('notices')).toBe(0);
  });

  it('case 66: the breaker opens, a probe fails, a probe passes; nothing is spent meanwhile', async () => {
    await start();
    receiver.status(500);
    await send(12);
    await until(async () => (await endpoint()).breaker_opens === 1);
    await until(async () => (await count('jobs where claim_id is not null')) === 0);
    const spent = await count('attempts');
    const called = receiver.received.length;
    await send(3);
    expect(await count('jobs where lane = 0')).toBeGreaterThanOrEqual(3);
    // The minute is over: one probe, which fails, so that it is left alone for two.
    await query(
      `update endpoints set breaker_open_until = now() - interval '1 s', changed_at = now()`,
    );
    await until(async () => (await endpoint()).breaker_opens === 2);
    expect(receiver.received.length).toBe(called + 1);
    const [{ seconds } = { seconds: 0 }] = await query<{ seconds: number }>(
      'select extract(epoch from breaker_open_until - now())::float8 as seconds from endpoints',
    );
    expect(seconds).toBeGreaterThan(60);
    expect(seconds).toBeLessThanOrEqual(120);
    expect(await count('attempts')).toBe(spent + 1);
    receiver.ok();
    await query(
      `update endpoints set breaker_open_until = now() - interval '1 s', changed_at = now()`,
    );
    await until(async () => (await endpoint()).breaker_opens === 0);
    await until(async () => (await count('jobs where lane = 0')) === 0);
  });

  it('case 67: what is disabled between claim and send is not sent', async () => {
    await start();
    const open: (() => void)[] = [];
    receiver.answer = (_event, response) => open.push(() => response.writeHead(200).end());
    await send(20);
    await until(() => open.length === 4);
    await webhooks.command('endpoint.upsert', app, { isActive: false });
    for (const answer of open) answer();
    await until(async () => (await count(`deliveries where state = 'delivered'`)) === 4);
    await until(async () => (await count(`deliveries where state = 'held'`)) === 16);
    expect(receiver.received).toHaveLength(4);
  });

  it('holds what comes while it is disabled, and sends it when a replay is asked for', async () => {
    await start();
    await webhooks.command('endpoint.upsert', app, { isActive: false });
    await send(5);
    expect(await count(`deliveries where state = 'held'`)).toBe(5);
    await webhooks.command('endpoint.upsert', app, { isActive: true });
    expect(receiver.received).toHaveLength(0);
    const range = {
      from: new Date(Date.now() - 3_600_000).toISOString(),
      to: new Date(Date.now() + 60_000).toISOString(),
    };
    const replay = await webhooks.command('replays.create', app, range);
    expect(replay).toMatchObject({ state: 'running', total: 5 });
    await until(async () => (await count(`deliveries where state = 'delivered'`)) === 5);
    expect(receiver.received).toHaveLength(5);
  });

  it('case 71: made active again after it was disabled, it survives the next failure', async () => {
    await start();
    receiver.status(500);
    await send(1);
    await until(async () => (await endpoint()).failures === 1);
    await query(`update endpoints set failing_since = now() - interval '6 days', failures = 30`);
    await query('update jobs set next_attempt_at = now()');
    await until(async () => !(await endpoint()).is_active);
    expect(await endpoint()).toMatchObject({ disabled_reason: 'failing' });
    await webhooks.command('endpoint.upsert', app, { isActive: true });
    const before = receiver.received.length;
    await send(1);
    await until(() => receiver.received.length > before);
    await until(async () => (await endpoint()).failures === 1);
    expect(await endpoint()).toMatchObject({ is_active: true, disabled_reason: null });
  });

  it('is disabled by 410, with one notice, and the delivery is at its end', async () => {
    await start();
    receiver.status(410);
    await send(1);
    await until(async () => !(await endpoint()).is_active);
    expect(await endpoint()).toMatchObject({ disabled_reason: 'gone' });
    expect(await count(`deliveries where state = 'exhausted'`)).toBe(1);
    expect(await count(`notices where kind = 'disabled_gone'`)).toBe(1);
  });

  it('case 72: 500 failing events are one notice', async () => {
    const given: Notice[] = [];
    await start({
      noticeSink: (notice) => {
        given.push(notice);
        return Promise.resolve();
      },
    });
    receiver.status(500);
    await send(250);
    await send(250);
    await until(() => given.length === 1);
    await query(
      `update endpoints set breaker_open_until = null, breaker_opens = 0, changed_at = now()`,
    );
    const before = receiver.received.length;
    await until(() => receiver.received.length > before);
    expect(await count('notices')).toBe(1);
    expect(given).toMatchObject([{ kind: 'failing', appId: app.appId, orgId: app.orgId }]);
  });

  it('case 73: a sink that is down is asked again, and deliveries go on', async () => {
    let tries = 0;
    await start({
      noticeSink: () => {
        tries += 1;
        return tries === 1 ? Promise.reject(new Error('down')) : Promise.resolve();
      },
    });
    receiver.status(500);
    await send(10);
    await until(() => tries === 1);
    receiver.ok();
    await query(
      `update endpoints set breaker_open_until = now() - interval '1 s', changed_at = now()`,
    );
    await send(1);
    await until(async () => (await count(`deliveries where state = 'delivered'`)) === 1);
    await until(async () => (await count('notices where given_at is not null')) === 1);
    expect(tries).toBe(2);
  });
});
