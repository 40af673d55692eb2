import { AppError } from '@gateway/errors';
import type { TestDatabase } from '@gateway/testing';
import { until } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Webhook } from 'standardwebhooks';
import { Receiver } from './receiver';
import { WebhooksProcess, aMessage, anApp, webhooksDatabase, type App } from './webhooks-process';

const RANGE = () => ({
  from: new Date(Date.now() - 3_600_000).toISOString(),
  to: new Date(Date.now() + 60_000).toISOString(),
});

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : error),
  );

describe('commands of webhooks', () => {
  let app: App;
  let stranger: App;
  let database: TestDatabase;
  let receiver: Receiver;
  let webhooks: WebhooksProcess;
  const query = <T>(sql: string): Promise<T[]> => database.dataSource.query<T[]>(sql);
  const count = async (from: string): Promise<number> =>
    (await query<{ count: number }>(`select count(*)::integer as count from ${from}`))[0]?.count ??
    -1;
  const send = (events: number): Promise<void> =>
    webhooks.events(
      app,
      Array.from({ length: events }, () => aMessage(app)),
    );
  const deliveries = async (more: object = {}) =>
    webhooks.command('deliveries.list', app, { pageNumber: 1, pageSize: 100, ...more });

  beforeEach(async () => {
    app = anApp();
    stranger = anApp();
    database = await webhooksDatabase();
    receiver = await Receiver.start();
    webhooks = await WebhooksProcess.start({
      databaseUrl: database.url,
      apps: [app, stranger],
      environment: { WEBHOOK_ENDPOINT_RATE_PER_SECOND: '5000' },
    });
  });
  afterEach(async () => {
    await webhooks.close();
    await receiver.close();
    await database.close();
  });

  it('make an endpoint, whose secrets are shown once and sealed in the table', async () => {
    expect(await webhooks.command('endpoint.get', app, {})).toBeNull();
    const made = await webhooks.endpoint(app, receiver.url, { headers: { 'X-Shop': 'seven' } });
    expect(made).toMatchObject({
      isCreated: true,
      url: receiver.url,
      headers: { 'X-Shop': 'seven' },
      subscribedEvents: {
        messages: true,
        message_status: true,
        read: true,
        message_template_status: true,
        account: true,
      },
      isActive: true,
      disabledReason: null,
    });
    expect(made.signingSecret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(made.secret).toMatch(/^[\x21-\x7e]{32,256}$/);
    const again = await webhooks.command('endpoint.upsert', app, { hubSignature: true });
    expect(again).toMatchObject({ isCreated: false, hubSignature: true, id: made.id });
    expect(again).not.toHaveProperty('secret');
    expect(again).not.toHaveProperty('signingSecret');
    const stored = JSON.stringify(
      (await query<object>('select * from endpoints')).concat(
        await query<object>('select * from audit_entries'),
      ),
      (_key, value: unknown) => (Buffer.isBuffer(value) ? value.toString('latin1') : value),
    );
    for (const secret of [made.secret, made.signingSecret, 'seven']) {
      expect(stored).not.toContain(secret);
    }
    expect(await count('audit_entries')).toBe(2);
  });

  it('sign what is sent so that a published verifier accepts it, also while the secret rotates', async () => {
    const { signingSecret: old = '' } = await webhooks.endpoint(app, receiver.url);
    const { signingSecret } = await webhooks.command('endpoint.rotate', app, { overlapHours: 1 });
    expect(await codeOf(webhooks.command('endpoint.rotate', app, {}))).toBe('GW_011');
    await send(1);
    const event = await until(() => receiver.received[0]);
    const headers = event.headers as Record<string, string>;
    for (const secret of [old, signingSecret]) {
      expect(new Webhook(secret).verify(event.body, headers)).toEqual(JSON.parse(event.body));
    }
  });

  it('refuse what is wrong with every field named, and change nothing', async () => {
    const call = webhooks.command('endpoint.upsert', app, {
      url: 'ftp://x',
      secret: 'short',
      headers: { Host: 'x' },
      subscribedEvents: { nothing: true } as object,
      isActive: 'yes' as unknown as boolean,
    });
    const error = await call.then(
      () => null,
      (thrown: unknown) => thrown as AppError,
    );
    expect(error?.code).toBe('GW_003');
    const paths = (error?.params.fields as { path: string }[]).map(({ path }) => path);
    expect(paths.sort()).toEqual([
      'headers.Host',
      'isActive',
      'secret',
      'subscribedEvents.nothing',
      'url',
    ]);
    expect(await codeOf(webhooks.command('endpoint.upsert', app, {}))).toBe('GW_003');
    expect(await count('endpoints')).toBe(0);
  });

  it("case 77: another organization's application, delivery and replay do not exist", async () => {
    await webhooks.endpoint(app, receiver.url);
    await webhooks.endpoint(stranger, receiver.url);
    await send(1);
    await until(async () => (await deliveries()).totalCount === 1);
    const [delivery] = (await deliveries()).deliveries;
    const replay = await webhooks.command('replays.create', app, RANGE());
    const thief = { ...app, orgId: stranger.orgId };
    const calls = [
      webhooks.command('endpoint.get', thief, {}),
      webhooks.command('endpoint.upsert', thief, { isActive: false }),
      webhooks.command('endpoint.delete', thief, {}),
      webhooks.command('endpoint.rotate', thief, {}),
      webhooks.command('endpoint.test', thief, {}),
      webhooks.command('deliveries.list', thief, { pageNumber: 1, pageSize: 1 }),
      webhooks.command('replays.create', thief, RANGE()),
      webhooks.command('deliveries.resend', stranger, { deliveryId: delivery?.id ?? '' }),
      webhooks.command('deliveries.resend', stranger, { deliveryId: 'x' }),
      webhooks.command('replays.get', stranger, { replayId: replay.id }),
      webhooks.command('replays.cancel', stranger, { replayId: replay.id }),
    ];
    expect(await Promise.all(calls.map(codeOf))).toEqual(calls.map(() => 'GW_404'));
    expect(await webhooks.command('replays.get', app, { replayId: replay.id })).toMatchObject({
      id: replay.id,
    });
  });

  it('case 68: what waits for a deleted endpoint is canceled, and cannot be sent again', async () => {
    await webhooks.endpoint(app, receiver.url);
    receiver.status(500);
    await send(3);
    await until(async () => (await count('jobs where lane = 1')) === 3);
    const [delivery] = (await deliveries()).deliveries;
    await webhooks.command('endpoint.delete', app, {});
    await until(async () => (await deliveries({ state: 'canceled' })).totalCount === 3);
    const called = receiver.received.length;
    const resend = { deliveryId: delivery?.id ?? '' };
    expect(await codeOf(webhooks.command('deliveries.resend', app, resend))).toBe('GW_404');
    expect(await codeOf(webhooks.command('endpoint.delete', app, {}))).toBe('GW_404');
    expect(await count('jobs')).toBe(0);
    expect(receiver.received).toHaveLength(called);
  });

  it('case 69: a retry goes to the URL of the moment', async () => {
    const second = await Receiver.start();
    await webhooks.endpoint(app, receiver.url);
    receiver.status(500);
    await send(1);
    await until(async () => (await count('jobs where lane = 1')) === 1);
    await webhooks.endpoint(app, second.url);
    await query('update jobs set next_attempt_at = now()');
    await until(() => second.received.length === 1);
    expect(second.idsOf()).toEqual(receiver.idsOf());
    await second.close();
  });

  it('case 75: resend five times at once: one is in flight, the rest are refused', async () => {
    await webhooks.endpoint(app, receiver.url);
    await send(1);
    await until(async () => (await deliveries({ state: 'delivered' })).totalCount === 1);
    const [delivery] = (await deliveries()).deliveries;
    const open: (() => void)[] = [];
    receiver.answer = (_event, response) => open.push(() => response.writeHead(200).end());
    const resend = { deliveryId: delivery?.id ?? '' };
    const codes = await Promise.all(
      Array.from({ length: 5 }, () => codeOf(webhooks.command('deliveries.resend', app, resend))),
    );
    expect(codes.sort()).toEqual(['GW_011', 'GW_011', 'GW_011', 'GW_011', 'no error']);
    await until(() => open.length === 1);
    open[0]?.();
    await until(async () => (await count('attempts')) === 2);
    expect(new Set(receiver.idsOf()).size).toBe(1);
    expect((await deliveries()).deliveries[0]?.attempts.map(({ number }) => number)).toEqual([
      1, 2,
    ]);
  });

  it('resend in place of the retry that was waited for', async () => {
    await webhooks.endpoint(app, receiver.url);
    receiver.status(500);
    await send(1);
    await until(async () => (await count('jobs where lane = 1')) === 1);
    receiver.ok();
    const [delivery] = (await deliveries()).deliveries;
    await webhooks.command('deliveries.resend', app, { deliveryId: delivery?.id ?? '' });
    await until(async () => (await deliveries({ state: 'delivered' })).totalCount === 1);
    expect(await count('jobs')).toBe(0);
    expect(receiver.received).toHaveLength(2);
  });

  it('case 76: what is kept no longer is not found', async () => {
    await webhooks.endpoint(app, receiver.url);
    const resend = { deliveryId: randomUUID() };
    expect(await codeOf(webhooks.command('deliveries.resend', app, resend))).toBe('GW_404');
  });

  it('case 74: a replay beside live events: it can be ended, and run twice it sends nothing twice', async () => {
    await webhooks.endpoint(app, receiver.url);
    receiver.status(410);
    await send(1);
    await until(async () => (await deliveries({ state: 'exhausted' })).totalCount === 1);
    await send(900);
    receiver.ok();
    await webhooks.command('endpoint.upsert', app, { isActive: true });
    receiver.received.length = 0;
    const replay = await webhooks.command('replays.create', app, RANGE());
    expect(replay.total).toBe(901);
    expect(await codeOf(webhooks.command('replays.create', app, RANGE()))).toBe('GW_011');
    await send(20);
    await until(() => receiver.received.length >= 20);
    await webhooks.command('replays.cancel', app, { replayId: replay.id });
    const canceled = await webhooks.command('replays.get', app, { replayId: replay.id });
    expect(canceled.state).toBe('canceled');
    await until(async () => (await count('jobs where lane <> 9')) === 0);
    const left = `deliveries where state in ('held', 'exhausted')`;
    expect(await count(left)).toBe(901 - canceled.done);
    const rest = await webhooks.command('replays.create', app, RANGE());
    expect(rest.total).toBe(901 - canceled.done);
    await until(async () => (await count(`deliveries where state = 'delivered'`)) === 921, 40_000);
    const third = await webhooks.command('replays.create', app, RANGE());
    expect(third.total).toBe(0);
    expect(new Set(receiver.idsOf()).size).toBe(921);
    expect(receiver.received).toHaveLength(921);
  });

  it('send what was delivered again when a replay is told to', async () => {
    await webhooks.endpoint(app, receiver.url);
    await send(5);
    await until(async () => (await deliveries({ state: 'delivered' })).totalCount === 5);
    await webhooks.command('replays.create', app, { ...RANGE(), includeDelivered: true });
    await until(() => receiver.received.length === 10);
    expect(new Set(receiver.idsOf()).size).toBe(5);
    await until(async () => (await count('attempts where number = 2')) === 5);
  });

  it('try an endpoint at once, and keep nothing of it', async () => {
    await webhooks.endpoint(app, receiver.url);
    receiver.status(503);
    expect(await webhooks.command('endpoint.test', app, {})).toMatchObject({
      isDelivered: false,
      code: 'http_503',
      statusCode: 503,
    });
    expect(await count('deliveries')).toBe(0);
  });

  it('list deliveries by state, event and time, a page at a time', async () => {
    await webhooks.endpoint(app, receiver.url);
    await send(5);
    await until(async () => (await deliveries({ state: 'delivered' })).totalCount === 5);
    const page = await deliveries({ pageNumber: 2, pageSize: 2 });
    expect(page).toMatchObject({ totalCount: 5, deliveries: [{}, {}] });
    expect((await deliveries({ pageNumber: 9 })).totalCount).toBe(5);
    expect((await deliveries({ event: 'read' })).totalCount).toBe(0);
    expect((await deliveries({ to: '2020-01-01T00:00:00Z' })).totalCount).toBe(0);
    expect(await codeOf(deliveries({ state: 'lost', pageSize: 0 }))).toBe('GW_003');
  });

  it('case 80: the removal of old weeks harms neither a replay nor what is undelivered', async () => {
    await webhooks.endpoint(app, receiver.url);
    receiver.status(500);
    await send(2);
    await until(async () => (await count('jobs where lane = 1')) === 2);
    // Weeks of long ago, by the owner: one empty, one with a pending delivery, one that is being replayed.
    const owner = new Client({ connectionString: database.ownerUrl });
    await owner.connect();
    const partition = async (monday: string): Promise<void> => {
      const name = monday.replaceAll('-', '');
      for (const parent of ['events', 'deliveries', 'attempts', 'unmatched_events']) {
        await owner.query(
          `create table webhooks.${parent}_${name} partition of webhooks.${parent}
           for values from ('${monday}T00:00:00Z') to (timestamptz '${monday}T00:00:00Z' + interval '7 days')`,
        );
      }
    };
    for (const monday of ['2025-01-06', '2025-01-13', '2025-01-20', '2025-01-27']) {
      await partition(monday);
    }
    await owner.query(`update webhooks.events set at = '2025-01-14T00:00:00Z'`);
    await owner.query(`update webhooks.deliveries set at = '2025-01-14T00:00:00Z'`);
    await owner.query(`update webhooks.jobs set at = '2025-01-14T00:00:00Z'`);
    // Inside one transaction, as a replay without events would be at its end at once.
    await owner.query('begin');
    await owner.query(
      `insert into webhooks.replays (id, endpoint_id, app_id, state, from_at, to_at, with_delivered, cursor_at,
         cursor_id, total, created_at)
       select gen_random_uuid(), id, app_id, 'running', '2025-01-21', '2025-01-22', false, '2025-01-21',
         gen_random_uuid(), 1, now() from webhooks.endpoints`,
    );
    const drop = 'select week from webhooks.drop_partitions(now())';
    const dropped = await owner.query<{ week: string }>(drop);
    await owner.query('commit');
    expect(dropped.rows.map(({ week }) => week)).toEqual(['20250106', '20250127']);
    receiver.ok();
    await query('update jobs set next_attempt_at = now()');
    await until(async () => (await count(`deliveries where state = 'delivered'`)) === 2);
    await owner.query('delete from webhooks.replays');
    const rest = await owner.query<{ week: string }>(drop);
    expect(rest.rows.map(({ week }) => week)).toEqual(['20250113', '20250120']);
    await owner.end();
  });
});
