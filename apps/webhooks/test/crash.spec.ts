import type { Clock } from '@gateway/platform';
import type { TestDatabase } from '@gateway/testing';
import { until } from '@gateway/testing';
import { Receiver } from './receiver';
import {
  WebhooksProcess,
  aMessage,
  anApp,
  webhooksDatabase,
  type App,
  type ProcessOptions,
} from './webhooks-process';

const LEASE = { WEBHOOK_LEASE_MS: '1000', WEBHOOK_TIMEOUT_MS: '400' };

describe('deliveries when something dies', () => {
  let app: App;
  let database: TestDatabase;
  let receiver: Receiver;
  const running: WebhooksProcess[] = [];
  const start = async (more: Partial<ProcessOptions> = {}): Promise<WebhooksProcess> => {
    const webhooks = await WebhooksProcess.start({
      databaseUrl: database.url,
      apps: [app],
      environment: LEASE,
      ...more,
    });
    running.push(webhooks);
    return webhooks;
  };
  const states = async (): Promise<string[]> => {
    const rows = await database.dataSource.query<{ state: string }[]>(
      'select state from deliveries order by created_at',
    );
    return rows.map(({ state }) => state);
  };
  const codes = async (): Promise<string[]> => {
    const rows = await database.dataSource.query<{ code: string }[]>(
      'select code from attempts order by number',
    );
    return rows.map(({ code }) => code);
  };
  const due = () => database.dataSource.query('update jobs set next_attempt_at = now()');

  beforeEach(async () => {
    app = anApp();
    database = await webhooksDatabase();
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    for (const webhooks of running.splice(0)) await webhooks.close();
    await receiver.close();
    await database.close();
  });

  it('case 1: killed after the claim, before the POST: sent after the lease, once in the end', async () => {
    const first = await start();
    await first.endpoint(app, receiver.url);
    first.parts.client.post = () => new Promise(() => undefined);
    await first.events(app, [aMessage(app)]);
    await until(async () => (await states()).length === 1);
    await first.kill();
    await start();
    await until(async () => (await states())[0] === 'delivered');
    expect(receiver.received).toHaveLength(1);
    expect(await codes()).toEqual(['interrupted', 'http_200']);
  });

  it('case 2: killed after the 200, before the record: sent again with the same webhook-id', async () => {
    const first = await start();
    await first.endpoint(app, receiver.url);
    receiver.answer = (_event, response) => {
      first.database.cut();
      response.writeHead(200).end();
    };
    await first.events(app, [aMessage(app)]);
    await until(() => receiver.received.length === 1);
    await first.kill();
    receiver.ok();
    await start();
    await until(async () => (await states())[0] === 'delivered');
    const [one, two] = receiver.idsOf();
    expect(two).toBe(one);
    expect(await codes()).toEqual(['interrupted', 'http_200']);
  });

  it('case 3: no attempt is without its state: both are one statement', async () => {
    const webhooks = await start();
    await webhooks.endpoint(app, receiver.url);
    receiver.status(500);
    await webhooks.events(
      app,
      Array.from({ length: 20 }, () => aMessage(app)),
    );
    await until(() => receiver.received.length >= 5);
    await webhooks.kill();
    const rows = await database.dataSource.query<{ failures: number; logged: number }[]>(
      `select d.failures, (select count(*)::integer from attempts a
         where a.delivery_id = d.id and a.code <> 'interrupted') as logged from deliveries d`,
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { failures, logged } of rows) expect(logged).toBe(failures);
  });

  it('case 4: killed after the commit: another instance finds it in the schedule', async () => {
    const first = await start();
    await first.endpoint(app, receiver.url);
    first.parts.deliveries.take = () => undefined;
    await first.events(app, [aMessage(app)]);
    await first.kill();
    await start();
    await until(() => receiver.received.length === 1, 15_000);
  });

  it('case 6: Postgres gone while sending: sent again later, and it recovers by itself', async () => {
    const webhooks = await start();
    await webhooks.endpoint(app, receiver.url);
    const gone = new Promise<void>((resolve) => {
      receiver.answer = (_event, response) => {
        webhooks.database.cut();
        response.writeHead(200).end();
        resolve();
      };
    });
    await webhooks.events(app, [aMessage(app)]);
    await gone;
    receiver.ok();
    // Longer than the lease, so that the result comes too late.
    await until(async () => {
      const rows = await database.dataSource.query<object[]>(
        'select from jobs where lease_until < now()',
      );
      return rows.length === 1;
    });
    webhooks.database.open();
    await until(async () => (await states())[0] === 'delivered');
    await webhooks.events(app, [aMessage(app)]);
    await until(async () => (await states()).filter((each) => each === 'delivered').length === 2);
  });

  it('case 7: a commit whose outcome is unknown: the events again make no second fan-out', async () => {
    const webhooks = await start();
    await webhooks.endpoint(app, receiver.url);
    const events = Array.from({ length: 20 }, () => aMessage(app));
    await webhooks.events(app, events);
    await until(() => receiver.received.length === 20);
    await webhooks.kill();
    const second = await start();
    await second.events(app, events);
    await second.events(app, [aMessage(app)]);
    await until(async () => (await states()).every((state) => state === 'delivered'));
    expect(await states()).toHaveLength(21);
    expect(new Set(receiver.idsOf()).size).toBe(21);
  });

  it('case 8: the lease is over while the first still sends: its result is refused', async () => {
    const first = await start();
    await first.endpoint(app, receiver.url);
    let answerFirst: (() => void) | undefined;
    first.parts.client.post = () =>
      new Promise((resolve) => {
        answerFirst = () => {
          resolve({
            isDelivered: false,
            code: 'http_500',
            statusCode: 500,
            durationMs: 9_000,
            retryAfterMs: null,
            steering: null,
            isGone: false,
            response: null,
          });
        };
      });
    await first.events(app, [aMessage(app)]);
    const answer = await until(() => answerFirst);
    await start();
    await until(async () => (await states())[0] === 'delivered');
    answer();
    await first.close();
    expect(await states()).toEqual(['delivered']);
    expect(await codes()).toEqual(['interrupted', 'http_200']);
  });

  it('case 9: the same in a retry', async () => {
    const first = await start();
    await first.endpoint(app, receiver.url);
    receiver.status(500);
    await first.events(app, [aMessage(app)]);
    await until(async () => (await codes()).length === 1);
    first.parts.client.post = () => new Promise(() => undefined);
    await due();
    await until(async () => {
      const jobs = await database.dataSource.query<object[]>(
        'select from jobs where claim_id is not null',
      );
      return jobs.length === 1;
    });
    await first.kill();
    receiver.ok();
    await start();
    await until(async () => (await states())[0] === 'delivered');
    expect(await codes()).toEqual(['http_500', 'interrupted', 'http_200']);
  });

  it.each([3_600_000, -3_600_000])(
    'case 10: a worker whose clock is %d ms off neither storms nor stalls',
    async (offMs) => {
      const clock: Clock = { nowMs: () => Date.now() + offMs };
      const webhooks = await start({ clock });
      await webhooks.endpoint(app, receiver.url);
      receiver.status(500);
      await webhooks.events(app, [aMessage(app)]);
      await until(async () => (await codes()).length === 1);
      const [job] = await database.dataSource.query<{ waits: number }[]>(
        'select extract(epoch from next_attempt_at - now())::float8 as waits from jobs',
      );
      expect(job?.waits).toBeGreaterThan(3);
      expect(job?.waits).toBeLessThan(8);
      receiver.ok();
      await due();
      await until(async () => (await states())[0] === 'delivered');
      expect(receiver.received).toHaveLength(2);
    },
  );

  it('case 11: SIGTERM with 50 in hand: what runs ends, what waits is given back, nothing is spent', async () => {
    const webhooks = await start({
      environment: { ...LEASE, WEBHOOK_LEASE_MS: '60000', WEBHOOK_TIMEOUT_MS: '5000' },
    });
    await webhooks.endpoint(app, receiver.url);
    const open: (() => void)[] = [];
    receiver.answer = (_event, response) => open.push(() => response.writeHead(200).end());
    await webhooks.events(
      app,
      Array.from({ length: 50 }, () => aMessage(app)),
    );
    await until(() => open.length === 4);
    const stopped = webhooks.app.close();
    await until(async () => {
      const given = await database.dataSource.query<object[]>(
        'select from jobs where claim_id is null and attempts = 0',
      );
      return given.length === 46;
    });
    for (const answer of open) answer();
    await stopped;
    expect((await states()).filter((state) => state === 'delivered')).toHaveLength(4);
    expect(await codes()).toEqual(Array.from({ length: 4 }, () => 'http_200'));
    const jobs = await database.dataSource.query<object[]>(
      'select from jobs where failures = 0 and interruptions = 0 and claim_id is null',
    );
    expect(jobs).toHaveLength(46);
  });

  it('case 12: a delivery that kills each instance is parked after five, the others go out', async () => {
    const poison = aMessage(app, 'wamid.POISON');
    const killedBy = async (webhooks: WebhooksProcess): Promise<void> => {
      const { client } = webhooks.parts;
      const post = client.post.bind(client);
      let hasPoison = false;
      client.post = (request) => {
        hasPoison ||= request.body.includes('POISON');
        // From then on the instance is as good as dead.
        return hasPoison ? new Promise(() => undefined) : post(request);
      };
      await until(() => hasPoison, 30_000);
      await webhooks.kill();
    };
    const first = await start();
    await first.endpoint(app, receiver.url);
    const dying = killedBy(first);
    await first.events(app, [poison, ...Array.from({ length: 6 }, () => aMessage(app))]);
    await dying;
    for (let interruption = 2; interruption <= 5; interruption += 1) await killedBy(await start());
    const last = await start();
    await until(async () => (await states()).includes('parked'), 30_000);
    await until(async () => (await states()).filter((each) => each === 'delivered').length === 6);
    await last.events(app, [aMessage(app)]);
    await until(() => receiver.received.length >= 7);
    expect(receiver.received.some(({ body }) => body.includes('POISON'))).toBe(false);
  }, 120_000);

  it('two instances side by side send each delivery once', async () => {
    const [one, two] = [await start({ environment: {} }), await start({ environment: {} })];
    await one.endpoint(app, receiver.url);
    const events = Array.from({ length: 300 }, () => aMessage(app));
    await Promise.all([one.events(app, events.slice(0, 200)), two.events(app, events.slice(100))]);
    await until(
      async () => (await states()).filter((each) => each === 'delivered').length === 300,
      50_000,
    );
    expect(receiver.received).toHaveLength(300);
  });
});
