import type { TestDatabase } from '@gateway/testing';
import { until } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { JobsStore } from '../src/jobs.store';
import { Receiver } from './receiver';
import {
  WebhooksProcess,
  aMessage,
  aStatus,
  anApp,
  webhooksDatabase,
  type App,
} from './webhooks-process';

const count = async (database: TestDatabase, from: string): Promise<number> => {
  const [row] = await database.dataSource.query<{ count: number }[]>(
    `select count(*)::integer as count from ${from}`,
  );
  return row?.count ?? -1;
};

describe('accepting events', () => {
  let app: App;
  let database: TestDatabase;
  let webhooks: WebhooksProcess;
  let receiver: Receiver;
  beforeEach(async () => {
    app = anApp();
    database = await webhooksDatabase();
    receiver = await Receiver.start();
    webhooks = await WebhooksProcess.start({ databaseUrl: database.url, apps: [app] });
    await webhooks.endpoint(app, receiver.url);
  });
  afterEach(async () => {
    await webhooks.close();
    await receiver.close();
    await database.close();
  });

  it('case 13: 1,000 events at once with one id are one event with one delivery', async () => {
    const same = aMessage(app);
    await Promise.all(
      Array.from({ length: 100 }, () =>
        webhooks.events(
          app,
          Array.from({ length: 10 }, () => same),
        ),
      ),
    );
    await until(async () => (await count(database, 'jobs')) === 0);
    expect(await count(database, 'events')).toBe(1);
    expect(await count(database, 'deliveries')).toBe(1);
    expect(receiver.received).toHaveLength(1);
  });

  it('keeps an id unique whose time is missing or strange', async () => {
    for (const timestamp of ['100', '99999999999', 'soon']) {
      const strange = aMessage(app, `wamid.${timestamp}`, timestamp);
      await webhooks.events(app, [strange, strange]);
      await webhooks.events(app, [strange]);
    }
    await until(async () => (await count(database, 'jobs')) === 0);
    expect(receiver.received).toHaveLength(3);
  });

  it('takes what is broken out of a batch and loses no other', async () => {
    await webhooks.events(app, [aMessage(app), Buffer.from('{"entry":[]}'), aMessage(app)]);
    await until(() => receiver.received.length === 2);
    expect(webhooks.transport.deadLetters).toHaveLength(1);
  });

  it('keeps the payload byte for byte', async () => {
    const text = aMessage(app).toString().replace('"hi"', '"\\/ 1\\u00e9 \\ud83d\\ude00"');
    await webhooks.events(app, [Buffer.from(text)]);
    await until(() => receiver.received.length === 1);
    expect(receiver.received[0]?.body).toBe(text);
  });

  it('sends only what the endpoint wants, and keeps the rest for a replay', async () => {
    await webhooks.command('endpoint.upsert', app, { subscribedEvents: { read: false } });
    const wamid = `wamid.${randomUUID()}`;
    await webhooks.events(app, [aStatus(app, wamid, 'read'), aStatus(app, wamid, 'delivered')]);
    await until(() => receiver.received.length === 1);
    expect(receiver.received[0]?.body).toContain('"delivered"');
    expect(await count(database, 'events')).toBe(2);
    expect(await count(database, 'deliveries')).toBe(1);
  });

  it('case 70: a changed selection leaves older deliveries as they are', async () => {
    receiver.status(500);
    await webhooks.events(app, [aMessage(app)]);
    await until(() => receiver.received.length === 1);
    receiver.ok();
    await webhooks.command('endpoint.upsert', app, { subscribedEvents: { messages: false } });
    await database.dataSource.query('update jobs set next_attempt_at = now()');
    await until(() => receiver.received.length === 2);
  });

  it('sends statuses of one message one after the other, in the order in which they came', async () => {
    const slow: (() => void)[] = [];
    receiver.answer = (_event, response) => slow.push(() => response.writeHead(200).end());
    const wamid = `wamid.${randomUUID()}`;
    await webhooks.events(app, [aStatus(app, wamid, 'sent'), aStatus(app, wamid, 'delivered')]);
    await webhooks.events(app, [aStatus(app, wamid, 'read'), aMessage(app)]);
    // The first status and the other message are under way; the later statuses wait.
    await until(() => slow.length === 2);
    for (let answered = 0; answered < 4; answered += 1) {
      await until(() => slow[answered]);
      slow[answered]?.();
    }
    await until(async () => (await count(database, 'jobs')) === 0);
    const order = receiver.received.filter(({ body }) => body.includes(wamid));
    expect(order.map(({ body }) => /"status":"(\w+)"/.exec(body)?.[1])).toEqual([
      'sent',
      'delivered',
      'read',
    ]);
  });

  it('keeps the order when the answer about what came first is the later one', async () => {
    const { lanes, jobs } = webhooks.parts;
    const wamid = `wamid.${randomUUID()}`;
    // No room: the first one stays in the schedule.
    Object.defineProperty(lanes, 'room', { value: { jobs: 0, bytes: 0 }, configurable: true });
    await webhooks.events(app, [aStatus(app, wamid, 'delivered')]);
    let answer = (): void => undefined;
    const isTaken = new Promise<void>((resolve) => {
      const claim = jobs.claim.bind(jobs);
      jobs.claim = async (...bounds) => {
        const taken = await claim(...bounds);
        if (taken.length > 0) {
          resolve();
          await new Promise<void>((go) => (answer = go));
        }
        return taken;
      };
    });
    Reflect.deleteProperty(lanes, 'room');
    await isTaken;
    const accepted = webhooks.events(app, [aStatus(app, wamid, 'read')]);
    // Were it not held back, it would be here by then.
    await until(() => receiver.received.length > 0, 500).catch(() => undefined);
    answer();
    await accepted;
    await until(() => receiver.received.length === 2);
    expect(receiver.received.map(({ body }) => /"status":"(\w+)"/.exec(body)?.[1])).toEqual([
      'delivered',
      'read',
    ]);
  });

  it('sends nothing before what another instance took of the same message and had not committed yet', async () => {
    const slow: (() => void)[] = [];
    const wamid = `wamid.${randomUUID()}`;
    const [sent, delivered] = [aStatus(app, wamid, 'sent'), aStatus(app, wamid, 'delivered')];
    // What the first will write, to hold it up there.
    await webhooks.events(app, [sent]);
    await until(async () => (await count(database, 'jobs')) === 0);
    const held = database.dataSource.createQueryRunner();
    const [made] = (await held.query('select to_json(d) as delivery from deliveries d')) as {
      delivery: object;
    }[];
    await held.query('delete from attempts');
    await held.query('delete from deliveries');
    await held.query('delete from events');
    await held.startTransaction();
    await held.query(
      'insert into deliveries select * from json_populate_record(null::deliveries, $1)',
      [made?.delivery],
    );
    receiver.received.length = 0;
    receiver.answer = (_event, response) => slow.push(() => response.writeHead(200).end());

    const other = await WebhooksProcess.start({ databaseUrl: database.url, apps: [app] });
    try {
      const first = webhooks.events(app, [sent]);
      await until(async () => (await count(database, 'pg_locks where not granted')) === 1);
      const second = other.events(app, [sent, delivered]);
      await until(async () => (await count(database, 'pg_locks where not granted')) === 2);
      await held.rollbackTransaction();
      await Promise.all([first, second]);
      await until(() => slow.length > 0);
      await until(async () => (await count(database, 'jobs')) === 2);
      expect(await count(database, 'jobs where claim_id is not null')).toBe(1);
      expect(receiver.received.map(({ body }) => body.includes('"sent"'))).toEqual([true]);
    } finally {
      await held.release();
      receiver.ok();
      for (const answer of slow) answer();
      await until(async () => (await count(database, 'jobs')) === 0);
      await other.close();
    }
    expect(receiver.received).toHaveLength(2);
  });

  it('lets a status that failed hold up no later one of its message', async () => {
    receiver.answer = ({ body }, response) =>
      response.writeHead(body.includes('"sent"') ? 500 : 200).end();
    const wamid = `wamid.${randomUUID()}`;
    await webhooks.events(app, [aStatus(app, wamid, 'sent'), aStatus(app, wamid, 'delivered')]);
    await until(() => receiver.received.some(({ body }) => body.includes('"delivered"')));
  });

  it('keeps events of a number that nobody has, and delivers them once somebody does', async () => {
    const later = anApp();
    const wamid = `wamid.${randomUUID()}`;
    await webhooks.events(later, [aMessage(later, wamid), aMessage(later, wamid)]);
    expect(await count(database, 'unmatched_events')).toBe(1);
    await webhooks.publish(later);
    await webhooks.endpoint(later, receiver.url);
    await until(() => receiver.received.some(({ body }) => body.includes(wamid)));
    await until(async () => (await count(database, 'unmatched_events')) === 0);
  });

  it('sends changes of an account to each of its applications, and to nobody else', async () => {
    const other: App = { ...anApp(), wabaId: app.wabaId };
    await webhooks.publish(other);
    await webhooks.endpoint(other, receiver.url);
    const change = Buffer.from(
      JSON.stringify({
        object: 'whatsapp_business_account',
        entry: [
          {
            id: app.wabaId,
            time: Math.floor(Date.now() / 1_000),
            changes: [{ field: 'account_update', value: { event: 'VERIFIED_ACCOUNT' } }],
          },
        ],
      }),
    );
    await webhooks.events(app, [change, change]);
    await until(() => receiver.received.length === 2);
    await until(async () => (await count(database, 'jobs')) === 0);
    expect(await count(database, 'deliveries')).toBe(2);
  });

  it('case 14: a batch with the same attempt twice is recorded once, and whole', async () => {
    receiver.hang();
    await webhooks.events(app, [aMessage(app), aMessage(app)]);
    await until(() => receiver.received.length === 2);
    const jobs =
      await database.dataSource.query<{ delivery_id: string; claim_id: string; at: Date }[]>(
        'select * from jobs',
      );
    const store = new JobsStore(database.dataSource);
    const results = [...jobs, ...jobs].map((job) => ({
      deliveryId: job.delivery_id,
      claimId: job.claim_id,
      eventAtMs: job.at.getTime(),
      startedAtMs: Date.now(),
      durationMs: 5,
      code: 'http_200',
      statusCode: 200,
      response: null,
      state: 'delivered' as const,
      delayMs: 0,
    }));
    await store.finish(results);
    expect(await count(database, 'attempts')).toBe(2);
    expect(await count(database, `deliveries where state = 'delivered'`)).toBe(2);
    // Case 15: what comes later for the same delivery changes nothing.
    const late = await store.finish(results.map((each) => ({ ...each, state: 'exhausted' })));
    expect(late.size).toBe(0);
    expect(await count(database, `deliveries where state = 'delivered'`)).toBe(2);
  });
});
