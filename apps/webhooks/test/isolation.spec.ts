import type { TestDatabase } from '@gateway/testing';
import { until } from '@gateway/testing';
import { Receiver } from './receiver';
import { WebhooksProcess, aMessage, anApp, webhooksDatabase } from './webhooks-process';

const EVENTS = 2_000;

describe('tenants beside each other', () => {
  let database: TestDatabase;
  let dead: Receiver;
  let well: Receiver;
  let webhooks: WebhooksProcess;
  beforeEach(async () => {
    database = await webhooksDatabase();
    dead = await Receiver.start();
    dead.hang();
    well = await Receiver.start();
  });
  afterEach(async () => {
    await dead.close();
    await webhooks.close();
    await well.close();
    await database.close();
  });

  it('case 62: a flood for an endpoint that hangs keeps nobody else waiting', async () => {
    const [victim, other] = [anApp(), anApp()];
    webhooks = await WebhooksProcess.start({ databaseUrl: database.url, apps: [victim, other] });
    await webhooks.endpoint(victim, dead.url);
    await webhooks.endpoint(other, well.url);
    await webhooks.events(
      victim,
      Array.from({ length: EVENTS }, () => aMessage(victim)),
    );
    await webhooks.events(
      other,
      Array.from({ length: 100 }, () => aMessage(other)),
    );
    await until(() => well.received.length === 100);
    // The dead one has got no more than its few calls, and all the rest of it still waits.
    expect(dead.openMax).toBeLessThanOrEqual(4);
    const [jobs] = await database.dataSource.query<{ count: number }[]>(
      'select count(*)::integer as count from jobs',
    );
    expect(jobs?.count).toBeGreaterThan(EVENTS - 20);
  });

  it('case 63: 100 dead endpoints of one organization leave room for another', async () => {
    const first = anApp();
    const victims = [first, ...Array.from({ length: 99 }, () => anApp(first.orgId))];
    const other = anApp();
    webhooks = await WebhooksProcess.start({
      databaseUrl: database.url,
      apps: [...victims, other],
      environment: { WEBHOOK_SLOTS_MAX: '40' },
    });
    for (const victim of victims) await webhooks.endpoint(victim, dead.url);
    await webhooks.endpoint(other, well.url);
    for (const victim of victims) await webhooks.events(victim, [aMessage(victim)]);
    await until(() => dead.open === 10);
    await webhooks.events(
      other,
      Array.from({ length: 20 }, () => aMessage(other)),
    );
    await until(() => well.received.length === 20);
    expect(dead.openMax).toBe(10);
  });

  it('case 65: a burst of 40 goes out at the rate of the endpoint, none lost, none spent', async () => {
    const app = anApp();
    webhooks = await WebhooksProcess.start({
      databaseUrl: database.url,
      apps: [app],
      environment: { WEBHOOK_ENDPOINT_RATE_PER_SECOND: '10' },
    });
    await webhooks.endpoint(app, well.url);
    await webhooks.events(
      app,
      Array.from({ length: 40 }, () => aMessage(app)),
    );
    await until(() => well.received.length === 40);
    const [first, last] = [well.received[0]?.atMs ?? 0, well.received.at(-1)?.atMs ?? 0];
    expect(last - first).toBeGreaterThan(3_600);
  });
});
