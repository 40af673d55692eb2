import { API_KEY_RANDOM_LENGTH, formatApiKey } from '@gateway/contracts';
import { until } from '@gateway/testing';
import { connect, type Socket } from 'node:net';
import { Client } from 'pg';
import { GatewayClient, acceptedSends, textTo } from './gateway-client';
import { GatewayProcess } from './gateway-process';
import { countAnswers, offerLoad } from './load-driver';
import { createTenant, type Tenant } from './tenants';

/** What only the whole program shows: the real auth behind the edge, and that nothing is spent further on. */
describe('bad input, the whole program', () => {
  let gateway: GatewayProcess;
  let database: Client;
  let tenant: Tenant;
  let client: GatewayClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ profile: 'standalone' });
    database = new Client(gateway.databaseUrl);
    await database.connect();
    // Limits that a busy machine's bursts do not meet.
    tenant = await createTenant(gateway, { limitPerSecond: 1_000, limitPerMinute: 100_000 });
    client = new GatewayClient(gateway.url, tenant.productionKey);
    await client.send(textTo('905321234567', 'warm'));
  }, 120_000);

  afterAll(async () => {
    await database.end();
    await gateway.stop();
  }, 60_000);

  const goodLoad = (name: string) =>
    offerLoad({
      urls: [gateway.url],
      keys: [tenant.productionKey],
      perSecond: 20,
      seconds: 5,
      name,
    });

  it('10,000 invented keys, well formed, are refused each, and a good key goes on', async () => {
    const keys = Array.from({ length: 10_000 }, (_, index) =>
      formatApiKey('production', String(index).padStart(API_KEY_RANDOM_LENGTH, 'x')),
    );
    const [invented, good] = await Promise.all([
      offerLoad({ urls: [gateway.url], keys, perSecond: 1_000, seconds: 10, name: 'stranger' }),
      goodLoad('beside-invented'),
    ]);
    // AUTH_004 is of those that nobody could be asked about in time.
    const { AUTH_001 = 0, AUTH_004 = 0 } = countAnswers(invented);
    expect(AUTH_001 + AUTH_004).toBe(10_000);
    expect(AUTH_001).toBeGreaterThan(AUTH_004);
    expect(countAnswers(good)).toEqual({ '200': good.length });
  }, 120_000);

  it('300 bodies that never end hold up nobody else', async () => {
    const sockets = await Promise.all(Array.from({ length: 300 }, () => slowBody(gateway, tenant)));
    const good = await goodLoad('beside-slow');
    for (const socket of sockets) socket.destroy();
    expect(countAnswers(good)).toEqual({ '200': good.length });
  }, 60_000);

  it('a query that is given twice is GW_003', async () => {
    const answer = await client.send(textTo('905321234567', 'bad: twice'), {
      query: '?is_fake=true&is_fake=false',
    });
    expect([answer.status, answer.body.errors?.code]).toEqual([400, 'GW_003']);
  });

  it('spent nothing: no send, no charge, no hold but those of the good ones', async () => {
    const texts = (await acceptedSends(gateway.simulatorUrl)).map(
      ({ body }) => (body as { text: { body: string } }).text.body,
    );
    expect(texts.filter((text) => !/^(warm$|beside-)/.test(text))).toEqual([]);
    // A good one is answered before its status says what Meta charges, for which it holds money until then.
    await until(async () => {
      const held = await database.query('select from billing.holds where org_id = $1', [
        tenant.orgId,
      ]);
      return held.rowCount === 0;
    });
    const { rows } = await database.query<{ spent: string }>(
      `select -coalesce(sum(amount_micro_usd) filter (where kind = 'infrastructure_fee'), 0) as spent
       from billing.ledger_transactions where org_id = $1`,
      [tenant.orgId],
    );
    expect(rows[0]?.spent).toBe(String(texts.length * 1_000));
  });
});

/** A request that announces a body and sends one byte of it. */
async function slowBody({ url }: GatewayProcess, { productionKey }: Tenant): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined); // cut off by the gateway
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(
    'POST /v1/wa/message HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n' +
      `Authorization: Bearer ${productionKey}\r\nContent-Length: 1000\r\n\r\n{`,
  );
  return socket;
}
