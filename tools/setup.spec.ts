import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Stands in for npm: puts what the set-up looks for into node_modules, the compiler among it, and says that it ran. */
const NPM = `
const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n');
mkdirSync('node_modules/@nestjs/cli/bin', { recursive: true });
writeFileSync('node_modules/.package-lock.json', '{}');
writeFileSync('node_modules/@nestjs/cli/bin/nest.js', \`
  const { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } = require('node:fs');
  appendFileSync('nest.log', process.argv.slice(2).join(' ') + '\\\\n');
  rmSync('dist', { recursive: true, force: true });
  if (existsSync('broken')) process.exit(1);
  setTimeout(() => {
    mkdirSync('dist/tools/bundle', { recursive: true });
    writeFileSync('dist/tools/bundle/main.js', "require('node:fs').writeFileSync('bundled', '')");
  }, 300);
\`);
mkdirSync('node_modules/vite/bin', { recursive: true });
writeFileSync('node_modules/vite/bin/vite.js', \`
  const { appendFileSync, existsSync } = require('node:fs');
  appendFileSync('vite.log', process.argv.slice(2).join(' ') + ' ' + existsSync('dist') + '\\\\n');
  if (existsSync('broken-page')) process.exit(1);
\`);`;

describe('the set-up step', () => {
  let root: string;

  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  const runs = (name: string) =>
    existsSync(join(root, name))
      ? readFileSync(join(root, name), 'utf8').split('\n').length - 1
      : 0;

  const setUp = async (...options: string[]) => {
    const child = spawn(process.execPath, [join(root, 'tools/setup.mjs'), ...options], {
      cwd: tmpdir(),
      env: { PATH: '', npm_execpath: join(root, 'npm.js') },
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number];
    return { status, said };
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'setup-'));
    cpSync(join(__dirname, 'setup.mjs'), join(root, 'tools/setup.mjs'));
    write('npm.js', NPM);
    write('package-lock.json', '{}');
    write('apps/edge/src/main.ts', 'one');
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it('installs and builds a fresh clone, then does nothing', async () => {
    const first = await setUp();
    expect(first).toMatchObject({ status: 0 });
    expect(first.said).toMatch(/installing[\s\S]*installed in[\s\S]*building[\s\S]*built in/);
    expect(readFileSync(join(root, 'npm.log'), 'utf8')).toMatch(/^ci --include=dev/);
    expect(await setUp()).toEqual({ status: 0, said: '' });
    expect([runs('npm.log'), runs('nest.log')]).toEqual([1, 1]);
    // After the compiler, which empties the folder.
    expect(readFileSync(join(root, 'vite.log'), 'utf8')).toMatch(
      /^build apps\/dashboard .*true\n$/,
    );
    expect(existsSync(join(root, 'bundled'))).toBe(true);
  });

  it('installs again when the lock file asks for others', async () => {
    await setUp();
    write('package-lock.json', '{"changed":true}');
    utimesSync(join(root, 'package-lock.json'), new Date(), new Date(Date.now() + 10_000));
    await setUp();
    expect(runs('npm.log')).toBe(2);
  });

  it('does not install over what npm itself installed after the lock file', async () => {
    await setUp();
    write('package-lock.json', '{"changed":true}');
    write('node_modules/.package-lock.json', '{}');
    await setUp();
    expect(runs('npm.log')).toBe(1);
  });

  it('builds again when a source changed, came or went, and not for a test', async () => {
    await setUp();
    write('apps/edge/src/main.spec.ts', 'test');
    await setUp();
    expect(runs('nest.log')).toBe(1);
    write('apps/edge/src/main.ts', 'other');
    await setUp();
    write('libs/platform/src/index.ts', 'new');
    await setUp();
    rmSync(join(root, 'libs/platform/src/index.ts'));
    await setUp();
    expect(runs('nest.log')).toBe(4);
  });

  it('fails with a build that failed, and tries again the next time', async () => {
    await setUp();
    write('broken', '');
    write('apps/edge/src/main.ts', 'other');
    expect((await setUp()).status).toBe(1);
    rmSync(join(root, 'broken'));
    expect((await setUp()).status).toBe(0);
    expect(runs('nest.log')).toBe(3);
    rmSync(join(root, 'apps/edge/src/main.ts'));
    write('broken-page', '');
    expect((await setUp()).status).toBe(1);
  });

  it('does the work once when two are started together', async () => {
    const both = await Promise.all([setUp(), setUp()]);
    expect(both.map(({ status }) => status)).toEqual([0, 0]);
    expect([runs('npm.log'), runs('nest.log')]).toEqual([1, 1]);
  });

  it('does not wait for a set-up that was killed', async () => {
    write('.cache/setup.lock', '999999999');
    expect((await setUp()).status).toBe(0);
  });

  it('names a missing Java', async () => {
    const { status, said } = await setUp('--kafka');
    expect([status, said]).toEqual([1, expect.stringContaining('Java 17 or newer')]);
  });

  it('names a port that is taken', async () => {
    const server = createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { status, said } = await setUp(`--ports=${port}`);
    server.close();
    expect([status, said]).toEqual([1, expect.stringContaining(`port ${port}`)]);
  });
});
