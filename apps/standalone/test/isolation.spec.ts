import { createMemoryTransport } from '@gateway/messaging';
import { createLogger } from '@gateway/platform';
import { Client } from 'pg';
import { acceptedSends } from './gateway-client';
import { GatewayProcess } from './gateway-process';
import { violations } from './invariants';
import { countAnswers, offerLoad, type Operation } from './load-driver';
import { createTenant, type Tenant } from './tenants';

const PER_SECOND = 40;
/** Shorter than Meta's answer is awaited: what is let out at the start keeps its place for the whole run. */
const SECONDS = 8;
/** Concurrent calls of one phone number, as the dispatcher has it unless told otherwise. */
const CALLS_MAX = 64;
const REFUSED_WITHIN_MS = 2_000;
/** Of the fast number's own p99 without the other, and what a busy machine adds to any figure. */
const FACTOR = 1.2;
const SLACK_MS = 30;
const ROUNDS = 3;

describe('a phone number that hangs beside a fast one in the same partition', () => {
  let gateway: GatewayProcess;
  let database: Client;
  let fast: Tenant;
  let slow: Tenant;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      profile: 'standalone',
      environment: { SIMULATOR_STATUSES: 'false' },
    });
    database = new Client(gateway.databaseUrl);
    await database.connect();
    [fast, slow] = await tenantsOfOnePartition(gateway);
    await load(fast, 'warm');
  }, 120_000);

  afterAll(async () => {
    await database.end();
    await gateway.stop();
  }, 60_000);

  const load = (tenant: Tenant, name: string): Promise<readonly Operation[]> =>
    offerLoad({
      urls: [gateway.url],
      keys: [tenant.productionKey],
      perSecond: PER_SECOND,
      seconds: SECONDS,
      name,
    });

  const faults = (method: string, body?: object): Promise<Response> =>
    fetch(`${gateway.simulatorUrl}/_simulator/faults`, { method, body: JSON.stringify(body) });

  it('is refused beyond its calls within 2 s, never sent later, and slows the other by nothing', async () => {
    const times: { alone: number; beside: number; refusedMs: number }[] = [];
    const isInTime = (): boolean =>
      times.some(
        ({ alone, beside, refusedMs }) =>
          beside <= alone * FACTOR + SLACK_MS && refusedMs < REFUSED_WITHIN_MS,
      );
    const fastOperations: Operation[] = [];
    const slowOperations: Operation[] = [];
    for (let round = 0; round < ROUNDS && !isInTime(); round += 1) {
      const alone = await load(fast, `fast-alone-${round}`);
      await faults('POST', {
        phoneNumberId: slow.phoneNumberId,
        fault: 'timeout-before-accept',
      });
      const [beside, hanging] = await Promise.all([
        load(fast, `fast-beside-${round}`),
        load(slow, `slow-${round}`),
      ]);
      await faults('DELETE');
      const answers = countAnswers(hanging);
      expect(answers).toEqual({ META_003: hanging.length - CALLS_MAX, META_005: CALLS_MAX });
      expect(countAnswers([...alone, ...beside])).toEqual({ '200': 2 * PER_SECOND * SECONDS });
      fastOperations.push(...alone, ...beside);
      slowOperations.push(...hanging);
      const refused = hanging.filter(({ code }) => code === 'META_003');
      times.push({
        alone: percentile(alone, 0.99),
        beside: percentile(beside, 0.99),
        refusedMs: percentile(refused, 1),
      });
    }
    const check = { gateway, database };
    expect([
      ...(await violations({
        ...check,
        operations: fastOperations,
        orgId: fast.orgId,
        name: 'fast',
      })),
      ...(await violations({
        ...check,
        operations: slowOperations,
        orgId: slow.orgId,
        name: 'slow',
      })),
    ]).toEqual([]);
    const sends = JSON.stringify(await acceptedSends(gateway.simulatorUrl));
    expect(slowOperations.filter(({ marker }) => sends.includes(`"${marker}"`))).toEqual([]);
    expect(isInTime() ? 'in time' : times).toBe('in time');
  }, 180_000);

  it('is sent again as soon as it answers', async () => {
    const operations = await load(slow, 'mended');
    expect(countAnswers(operations)).toEqual({ '200': PER_SECOND * SECONDS });
  }, 30_000);
});

/** Two organizations whose applications share a partition of the path. */
async function tenantsOfOnePartition(gateway: GatewayProcess): Promise<[Tenant, Tenant]> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const transport = createMemoryTransport({ pathPartitions: 4, logger });
  const found = new Map<number, Tenant>();
  for (;;) {
    const tenant = await createTenant(gateway, {});
    const partition = transport.partitionOf(tenant.appId);
    const other = found.get(partition);
    if (other) return [other, tenant];
    found.set(partition, tenant);
  }
}

function percentile(operations: readonly Operation[], part: number): number {
  const sorted = operations.map(({ durationMs }) => durationMs).sort((one, two) => one - two);
  return sorted[Math.ceil(sorted.length * part) - 1] ?? 0;
}
