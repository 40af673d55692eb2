import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { findBinaries } from './embedded-postgres.binaries';
import { startEmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres';
import { findPostgresUser } from './embedded-postgres.user';
import { processEnvironment } from './environment';

const isRoot = process.getuid?.() === 0;
const ifRoot = isRoot ? it : it.skip;

async function queryOne(url: string, text: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ value: unknown }>(text);
    return rows[0]?.value;
  } finally {
    await client.end();
  }
}

describe('embedded Postgres', () => {
  let home: string;
  const lines: string[] = [];
  const start = (more: Partial<EmbeddedPostgresOptions> = {}) =>
    startEmbeddedPostgres({
      dataDir: join(home, 'data'),
      log: (line) => lines.push(line),
      ...more,
    });
  const postmasterPid = () =>
    Number(readFileSync(join(home, 'data/cluster/postmaster.pid'), 'utf8').split('\n')[0]);

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
    await chmod(home, 0o755);
  });
  afterAll(() => {
    rmSync(home, { recursive: true, force: true });
  });

  it('keeps data over a restart, with its settings, on the loopback interface alone', async () => {
    const first = await start();
    expect(new URL(first.url).hostname).toBe('127.0.0.1');
    for (const [setting, value] of Object.entries({
      fsync: 'on',
      synchronous_commit: 'on',
      listen_addresses: '127.0.0.1',
      max_connections: '100',
    })) {
      const shown = await queryOne(first.url, `select current_setting('${setting}') as value`);
      expect(shown).toBe(value);
    }
    await queryOne(first.url, 'create table kept as select 42 as value');
    await first.stop();
    const second = await start();
    expect(await queryOne(second.url, 'select value from kept')).toBe(42);
    await second.stop();
  });

  it('has a random password that only its owner may read', async () => {
    const server = await start();
    await server.stop();
    const { password } = new URL(server.url);
    expect(password).toMatch(/^[0-9a-f]{48}$/);
    expect(statSync(join(home, 'data/password')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(home, 'data/postgres.log'), 'utf8')).not.toContain(password);
  });

  it('refuses a directory that a living process uses, and names it', async () => {
    const server = await start();
    await expect(start()).rejects.toThrow(`in use by the process ${process.pid}`);
    await server.stop();
  });

  it('takes over the server that a killed process left running', async () => {
    const file = join(home, 'orphan.cjs');
    writeFileSync(
      file,

      `const { spawn } = require('node:child_process');
         const options = JSON.parse(process.argv[2]);
         const child = spawn(options.postgres, ['-D', options.cluster, '-p', options.port, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='], { ...options.user, env: {}, cwd: '/', detached: true, stdio: 'ignore' });
         child.unref();`,
    );
    const before = await start();
    await before.stop();
    const { postgres } = await findBinaries();
    const argument = JSON.stringify({
      postgres,
      cluster: join(home, 'data/cluster'),
      port: String(before.port),
      user: await findPostgresUser(),
    });
    const parent = spawn(process.execPath, [file, argument], { stdio: 'inherit' });
    await once(parent, 'exit');
    writeFileSync(
      join(home, 'data/owner.json'),
      JSON.stringify({ pid: parent.pid, startedAt: '1' }),
    );
    const pidFile = join(home, 'data/cluster/postmaster.pid');
    const isReady = () => {
      try {
        return readFileSync(pidFile, 'utf8').includes('ready');
      } catch {
        return false;
      }
    };
    while (!isReady()) await new Promise((wait) => setTimeout(wait, 20));
    const orphanPid = postmasterPid();
    lines.length = 0;
    const server = await start();
    expect(lines.join()).toContain('taking over');
    expect(postmasterPid()).toBe(orphanPid);
    expect(await queryOne(server.url, 'select value from kept')).toBe(42);
    await server.stop();
    await expect(queryOne(server.url, 'select 1 as value')).rejects.toThrow('ECONNREFUSED');
  });

  it('starts over the lock file of a server that was killed, and recovers', async () => {
    const server = await start();
    await queryOne(server.url, 'create table recovered as select 7 as value');
    process.kill(postmasterPid(), 'SIGKILL');
    writeFileSync(join(home, 'data/owner.json'), 'not json');
    const again = await start();
    expect(await queryOne(again.url, 'select value from recovered')).toBe(7);
    await again.stop();
  });

  it('takes a free port when the wanted one is taken, and says so', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    lines.length = 0;
    const server = await start({ port });
    expect(server.port).not.toBe(port);
    expect(lines.join()).toContain(`port ${port} is taken`);
    await server.stop();
    blocker.close();
  });

  it('tells why it does not start, with the end of the log', async () => {
    await expect(start({ settings: { shared_buffers: 'canary' } })).rejects.toThrow(
      /did not start[\s\S]*shared_buffers/,
    );
    await (await start()).stop();
  });

  ifRoot('names the directory that the user of the server cannot enter', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'closed-'));
    await expect(startEmbeddedPostgres({ dataDir: resolve(closed, 'data') })).rejects.toThrow(
      `cannot enter ${closed}`,
    );
    rmSync(closed, { recursive: true });
  });

  it('is refused in production', async () => {
    const environment = processEnvironment() as Record<string, string | undefined>;
    const { NODE_ENV } = environment;
    environment.NODE_ENV = 'production';
    try {
      await expect(start()).rejects.toThrow(/DATABASE_URL/);
    } finally {
      environment.NODE_ENV = NODE_ENV;
    }
  });
});
