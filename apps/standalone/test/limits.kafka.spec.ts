import { Client } from 'pg';
import { deleteTopic } from '../../../libs/messaging/test/delete-topic';
import { GatewayClient } from './gateway-client';
import { GatewayProcess } from './gateway-process';
import { countAnswers, offerLoad } from './load-driver';
import { startRedis, type RedisProcess } from './redis-process';
import { createTenant, revokeProductionKey, type Tenant } from './tenants';

const LIMIT_PER_SECOND = 80;
const WINDOW_MICROSECONDS = 1_000_000;

describe('two edges and two limiters on one Redis', () => {
  let gateway: GatewayProcess;
  let redis: RedisProcess;
  let urls: readonly string[];

  beforeAll(async () => {
    redis = await startRedis();
    gateway = await GatewayProcess.start({
      profile: 'cluster',
      arguments: ['--instances', 'edge=2,rate-limiter=2'],
      environment: { SIMULATOR_STATUSES: 'false', REDIS_URL: redis.url },
    });
    urls = gateway.cluster().services.flatMap(({ httpUrl }) => httpUrl ?? []);
  }, 180_000);

  afterAll(async () => {
    await gateway.stop();
    await redis.stop();
  }, 60_000);

  it('admit, in no window of 1,000 ms of a flood at 500/s, more than the limit', async () => {
    const tenant = await createTenant(gateway, {});
    const keyId = await keyIdOf(gateway, tenant.appId);
    const admissions = new Map<number, number>();
    const watch = setInterval(() => {
      void collect(redis, keyId, admissions);
    }, 200);
    const operations = await offerLoad({
      urls,
      keys: [tenant.productionKey],
      perSecond: 500,
      seconds: 60,
      name: 'flood',
      query: '?is_fake=true',
    });
    clearInterval(watch);
    await collect(redis, keyId, admissions);
    const answers = countAnswers(operations);
    expect(Object.keys(answers).sort()).toEqual(['200', 'RATE_001']);
    const admitted = [...admissions.values()].reduce((sum, count) => sum + count, 0);
    expect(admitted).toBe(answers['200']);
    expect(admitted).toBeGreaterThan(60 * LIMIT_PER_SECOND * 0.9);
    expect(mostInOneWindow(admissions)).toBeLessThanOrEqual(LIMIT_PER_SECOND);
  }, 150_000);

  it('refuse a revoked key on both edges within 5 s', async () => {
    await expectRefusedSoon(await usedTenant());
  }, 60_000);

  it('refuse a revoked key on both edges within 5 s also when the topic of such events is gone', async () => {
    const tenant = await usedTenant();
    await deleteTopic(gateway.cluster().kafka.brokers, 'tenancy.changed.v1');
    await expectRefusedSoon(tenant);
  }, 60_000);

  const clientsOf = ({ productionKey }: Tenant): readonly GatewayClient[] =>
    urls.map((url) => new GatewayClient(url, productionKey));

  /** One whose key every edge has just taken, and that no limit holds back. */
  const usedTenant = async (): Promise<Tenant> => {
    const tenant = await createTenant(gateway, { limitPerSecond: 10_000, limitPerMinute: 100_000 });
    for (const client of clientsOf(tenant)) {
      expect((await client.send(undefined, { query: '?is_fake=true' })).status).toBe(200);
    }
    return tenant;
  };

  const expectRefusedSoon = async (tenant: Tenant): Promise<void> => {
    const revokedAtMs = Date.now();
    await revokeProductionKey(gateway, tenant);
    for (const client of clientsOf(tenant)) {
      let status = 200;
      while (status === 200) {
        status = (await client.send(undefined, { query: '?is_fake=true' })).status;
        expect(Date.now() - revokedAtMs).toBeLessThan(5_000);
      }
      expect(status).toBe(401);
    }
  };
});

async function keyIdOf(gateway: GatewayProcess, appId: string): Promise<string> {
  const database = new Client(gateway.databaseUrl);
  await database.connect();
  const { rows } = await database.query<{ id: string }>(
    `select id from auth.api_keys where application_id = $1 and environment = 'production'`,
    [appId],
  );
  await database.end();
  return rows[0]?.id ?? '';
}

/** What the limiter's own log of the second holds right now, by Redis' clock in microseconds. */
async function collect(
  { client }: RedisProcess,
  keyId: string,
  admissions: Map<number, number>,
): Promise<void> {
  for (const entry of await client.lrange(`gw:rate:{${keyId}}:sec`, 0, -1)) {
    const [at = '', count = ''] = entry.split(':');
    admissions.set(Number(at), Number(count));
  }
}

function mostInOneWindow(admissions: ReadonlyMap<number, number>): number {
  const entries = [...admissions].sort(([one], [other]) => one - other);
  let most = 0;
  let inside = 0;
  let first = 0;
  for (const [at, count] of entries) {
    inside += count;
    for (;;) {
      const [oldest = at, leaving = 0] = entries[first] ?? [];
      if (at - oldest < WINDOW_MICROSECONDS) break;
      inside -= leaving;
      first += 1;
    }
    most = Math.max(most, inside);
  }
  return most;
}
