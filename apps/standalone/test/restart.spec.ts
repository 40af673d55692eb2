import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { GatewayClient, acceptedSends, textTo } from './gateway-client';
import { GatewayProcess, newDataDir } from './gateway-process';
import { unknownWithoutFault, violations } from './invariants';
import { countAnswers, offerLoad } from './load-driver';
import { secretsIn } from './secrets';
import { createTenant } from './tenants';

const READY_MS_MAX = 5_000;
const ROUNDS = 3;

describe('npm start', () => {
  let dataDir: string;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    dataDir = newDataDir();
    gateway = await GatewayProcess.start({ profile: 'standalone', dataDir, isUnderNpm: true });
  }, 120_000);

  afterAll(async () => {
    await gateway.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it('writes demo.json for its owner alone, and prints a curl line that works when pasted', () => {
    const { demo } = gateway;
    expect(Object.keys(demo)).toEqual([
      'url',
      'dashboardUrl',
      'appId',
      'productionKey',
      'stagingKey',
      'email',
      'password',
    ]);
    expect(demo.url).toBe(gateway.url);
    expect(demo.productionKey).toMatch(/^pk_[0-9A-Za-z]{49}$/);
    expect(demo.stagingKey).toMatch(/^sk_[0-9A-Za-z]{49}$/);
    expect(statSync(join(dataDir, 'demo.json')).mode & 0o777).toBe(0o600);
    expect(gateway.printed).toContain(demo.productionKey);
    expect(gateway.printed).toContain(demo.stagingKey);
    const line = /^curl .*$/m.exec(gateway.printed)?.[0] ?? '';
    const pasted = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
    expect(pasted.stdout).toMatch(/^HTTP\/1\.1 200 /);
    expect(pasted.stdout).toMatch(/"messages":\[\{"id":"wamid\.[^"]+"\}\]/);
    expect(pasted.stdout.match(/^x-ratelimit-(sec|min)-(limit|remaining): \d+/gim)).toHaveLength(4);
  });

  it('ends every process at Ctrl-C, and is ready again in 5 s with the same keys and balance', async () => {
    const { demo } = gateway;
    await new GatewayClient(gateway.url, demo.productionKey).send();
    await untilNoHolds(gateway);
    const before = await balances(gateway);
    const readyMs: number[] = [];
    do {
      const started = processesOf(gateway);
      expect(started.filter(({ command }) => command.includes('postgres'))).not.toEqual([]);
      expect(started.filter(({ command }) => command.includes('meta-simulator'))).toHaveLength(1);
      await gateway.stop('SIGINT');
      const all = new Set(processTable().map(({ pid }) => pid));
      expect(started.filter(({ pid }) => all.has(pid))).toEqual([]);
      const startedMs = performance.now();
      await gateway.launch();
      readyMs.push(performance.now() - startedMs);
      expect(gateway.demo).toEqual(demo);
      expect(await balances(gateway)).toEqual(before);
    } while (Math.min(...readyMs) > READY_MS_MAX && readyMs.length < ROUNDS);
    expect(Math.min(...readyMs)).toBeLessThan(READY_MS_MAX);
    expect((await new GatewayClient(gateway.url, demo.productionKey).send()).status).toBe(200);
  }, 120_000);

  it('has other keys in another data directory', async () => {
    const other = await GatewayProcess.start({ profile: 'standalone' });
    const { productionKey, stagingKey, appId } = other.demo;
    await other.stop();
    expect(productionKey).not.toBe(gateway.demo.productionKey);
    expect(stagingKey).not.toBe(gateway.demo.stagingKey);
    expect(appId).not.toBe(gateway.demo.appId);
  }, 120_000);

  it.each(['standalone', 'cluster'] as const)('refuses production: %s', async (profile) => {
    const fresh = newDataDir();
    const environment = { NODE_ENV: 'production' };
    await expect(GatewayProcess.start({ profile, dataDir: fresh, environment })).rejects.toThrow(
      'NODE_ENV is production',
    );
    expect(processTable().filter(({ command }) => command.includes(fresh))).toEqual([]);
    rmSync(fresh, { recursive: true });
  });

  it.each(['EDGE_HTTP_PORT', 'HEALTH_PORT', 'SIMULATOR_PORT'])(
    'names the port of %s when it is taken, and leaves nothing running',
    async (variable) => {
      const taken = createServer().listen(0, '0.0.0.0');
      await once(taken, 'listening');
      const { port } = taken.address() as AddressInfo;
      const fresh = newDataDir();
      const starting = GatewayProcess.start({
        profile: 'standalone',
        dataDir: fresh,
        environment: { [variable]: String(port) },
      });
      await expect(starting).rejects.toThrow(new RegExp(`\\b${port}\\b`));
      taken.close();
      expect(processTable().filter(({ command }) => command.includes(fresh))).toEqual([]);
      rmSync(fresh, { recursive: true });
    },
    60_000,
  );
});

describe('kill -9 of the one process under 200 messages/s', () => {
  const PER_SECOND = 200;
  let gateway: GatewayProcess;
  let database: Client;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      profile: 'standalone',
      environment: {
        SIMULATOR_STATUSES: 'false',
        DISPATCHER_NUMBER_RATE_PER_SECOND: '1000',
        LOG_LEVEL: 'info',
      },
    });
    database = new Client(gateway.databaseUrl);
    await database.connect();
  }, 120_000);

  afterAll(async () => {
    await database.end();
    await gateway.stop();
  }, 60_000);

  it('loses nothing that was answered, sends and charges nothing twice, and leaves no hold', async () => {
    const tenant = await createTenant(gateway, { limitPerSecond: 10_000, limitPerMinute: 10_000 });
    const name = `kill-one-${Date.now()}`;
    const killsMs: number[] = [];
    const kills = async (): Promise<void> => {
      for (let kill = 1; kill <= 3; kill += 1) {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        killsMs.push(Date.now());
        await gateway.kill();
        await gateway.launch();
      }
    };
    const load = {
      urls: [gateway.url],
      keys: [tenant.productionKey],
      perSecond: PER_SECOND,
      seconds: 20,
      name,
    };
    const [operations] = await Promise.all([offerLoad(load), kills()]);
    const check = { gateway, database, operations, orgId: tenant.orgId, name };
    expect(await violations(check)).toEqual([]);
    expect(await unknownWithoutFault(check, killsMs)).toEqual([]);
    // A connection that broke got no answer; a call to Meta that the kill cut short is unknown.
    const answers = Object.keys(countAnswers(operations));
    expect(answers.filter((code) => !['200', 'no answer', 'META_005'].includes(code))).toEqual([]);
    const lastSecond = operations.slice(-PER_SECOND);
    expect(countAnswers(lastSecond)).toEqual({ '200': PER_SECOND });
    const open = await database.query(
      `select h.message_id from billing.holds h
       left join dispatcher.messages m on m.id = h.message_id
       where h.org_id = $1 and m.state is distinct from 'unknown'`,
      [tenant.orgId],
    );
    expect(open.rows).toEqual([]);
  }, 180_000);

  it('kept the simulator with its ledger, and says no key, token or number in its log', async () => {
    expect((await acceptedSends(gateway.simulatorUrl)).length).toBeGreaterThan(1_000);
    const client = new GatewayClient(gateway.url, gateway.demo.productionKey);
    await client.send(textTo('905321234567', 'logged?'));
    const lines = gateway.printed.split('\n').filter((line) => line.startsWith('{'));
    expect(lines).not.toEqual([]);
    expect(secretsIn(lines.join('\n'), ['905321234567'])).toEqual([]);
  });
});

interface ListedProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
}

/** Every process of the machine that has not ended. */
function processTable(): ListedProcess[] {
  const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], {
    encoding: 'utf8',
  });
  return [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/gm)].flatMap(
    ([, pid, parentPid, state = '', command = '']) =>
      state.startsWith('Z') ? [] : [{ pid: Number(pid), parentPid: Number(parentPid), command }],
  );
}

/** The gateway's process with everything that it started. */
function processesOf(gateway: GatewayProcess): ListedProcess[] {
  const table = processTable();
  const found = table.filter(({ pid }) => pid === gateway.pid);
  for (const each of found) found.push(...table.filter(({ parentPid }) => parentPid === each.pid));
  return found;
}

async function queried<Row extends object>(gateway: GatewayProcess, text: string): Promise<Row[]> {
  const database = new Client(gateway.databaseUrl);
  await database.connect();
  const { rows } = await database.query<Row>(text);
  await database.end();
  return rows;
}

const balances = (gateway: GatewayProcess): Promise<{ balance: string }[]> =>
  queried(
    gateway,
    'select org_id, balance_micro_usd as balance from billing.wallets order by org_id',
  );

async function untilNoHolds(gateway: GatewayProcess): Promise<void> {
  const until = Date.now() + 20_000;
  while ((await queried(gateway, 'select from billing.holds')).length > 0) {
    if (Date.now() > until) throw new Error('holds are left after 20 s');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
