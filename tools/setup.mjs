/**
 * Makes a checkout ready to run: installs the dependencies when they are missing or another lock file asks for others,
 * and builds what is stale. It runs before anything is installed, so it uses Node alone.
 *
 *     node tools/setup.mjs [--kafka] [--ports=8080,9180]
 *
 * --kafka   also looks for Java 17 and Maven, which fetch and run Apache Kafka
 * --ports   also names those of the given ports that are taken
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_MIN = [20, 19];
const JAVA_MIN = 17;
const LOCK_FILE = join(ROOT, '.cache', 'setup.lock');
const INSTALL_STAMP = join(ROOT, 'node_modules', '.setup-stamp');
const BUILD_STAMP = join(ROOT, 'dist', '.setup-stamp');
/** What the build reads; a change in any of it makes the build stale. */
const SOURCES = [
  'apps',
  'libs',
  'tools',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
];
const NOT_BUILT = /(\.spec\.ts|\.md|\.mjs|\.cjs)$|^(node_modules|test|testing|dist)$/;

class SetupError extends Error {}

const say = (line) => process.stdout.write(`setup: ${line}\n`);
const path = (name) => join(ROOT, name);
const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

async function main() {
  requireNode();
  const options = process.argv.slice(2);
  if (options.includes('--kafka')) requireJava();
  await requirePorts(options.find((option) => option.startsWith('--ports=')));
  if (isInstalled() && isBuilt()) return;
  await withLock(async () => {
    // Another set-up may have done it while this one waited.
    if (!isInstalled()) await install();
    if (!isBuilt()) await build();
  });
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  throw new SetupError(
    `Node ${NODE_MIN.join('.')} or newer is needed, this is ${process.versions.node}: https://nodejs.org`,
  );
}

/** A broker that is already there needs neither. */
function requireJava() {
  if (process.env.KAFKA_BROKERS) return;
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(`${java.stderr}${java.stdout}`)?.[1] ?? 0);
  if (version < JAVA_MIN) {
    const found = version === 0 ? 'none was found' : `this is ${version}`;
    throw new SetupError(
      `Apache Kafka needs Java ${JAVA_MIN} or newer, ${found}. On Debian: apt-get install openjdk-17-jre-headless. ` +
        'Or set KAFKA_BROKERS to a Kafka that runs already.',
    );
  }
  if (
    spawnSync('mvn', ['-v'], { stdio: 'ignore', shell: process.platform === 'win32' }).status !== 0
  ) {
    throw new SetupError(
      'Apache Kafka is fetched through Maven, and mvn was not found. On Debian: apt-get install maven.',
    );
  }
}

async function requirePorts(option) {
  const ports = option === undefined ? [] : option.slice('--ports='.length).split(',').map(Number);
  const taken = [];
  for (const port of ports) if (!(await isFree(port))) taken.push(port);
  if (taken.length > 0) {
    throw new SetupError(`taken by another process: port ${taken.join(', port ')}`);
  }
}

const isFree = (port) =>
  new Promise((done) => {
    const server = createServer()
      .once('error', () => done(false))
      .once('listening', () => server.close(() => done(true)))
      .listen(port);
  });

function isInstalled() {
  const lock = path('package-lock.json');
  if (!existsSync(path('node_modules/.package-lock.json'))) return false;
  const wanted = sha256(readFileSync(lock));
  const stamp = read(INSTALL_STAMP);
  if (stamp === wanted) return true;
  // Somebody ran npm himself, after the lock file was last changed.
  const installedAtMs = statSync(path('node_modules/.package-lock.json')).mtimeMs;
  if (installedAtMs < statSync(lock).mtimeMs) return false;
  writeFileSync(INSTALL_STAMP, wanted);
  return true;
}

async function install() {
  say('installing the dependencies (npm ci), about half a minute ...');
  const startedAtMs = Date.now();
  const wanted = sha256(readFileSync(path('package-lock.json')));
  // npm names its own program when it runs a script; otherwise it is found like any command.
  const npm = process.env.npm_execpath;
  const options = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm?.endsWith('.js')) await run(process.execPath, [npm, ...options]);
  else await run('npm', options, { shell: process.platform === 'win32' });
  writeFileSync(INSTALL_STAMP, wanted);
  say(`dependencies installed in ${seconds(startedAtMs)}`);
}

const isBuilt = () => read(BUILD_STAMP) === sourcesStamp();

async function build() {
  say('building ...');
  const startedAtMs = Date.now();
  // Taken before: what is changed during the build makes it stale again.
  const stamp = sourcesStamp();
  // nest-cli.json has deleteOutDir, which removes the compiler's own record of the last build and the stamp too.
  await run(process.execPath, [path('node_modules/@nestjs/cli/bin/nest.js'), 'build']);
  const vite = path('node_modules/vite/bin/vite.js');
  await run(process.execPath, [vite, 'build', 'apps/dashboard', '--logLevel=warn']);
  await run(process.execPath, [path('dist/tools/bundle/main.js')]);
  writeFileSync(BUILD_STAMP, stamp);
  say(`built in ${seconds(startedAtMs)}`);
}

/** Names, sizes and times of everything that the build reads; contents would take too long at every start. */
function sourcesStamp() {
  const lines = [];
  const look = (name) => {
    const info = statSync(path(name), { throwIfNoEntry: false });
    if (info === undefined) return;
    if (!info.isDirectory()) {
      lines.push(`${name} ${info.size} ${info.mtimeMs}`);
      return;
    }
    for (const entry of readdirSync(path(name))) {
      if (!NOT_BUILT.test(entry)) look(`${name}/${entry}`);
    }
  };
  SOURCES.forEach(look);
  return sha256(lines.sort().join('\n'));
}

function run(command, options, more = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, options, { cwd: ROOT, stdio: 'inherit', ...more });
    child.once('error', (error) => fail(new SetupError(`${command}: ${error.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) done();
      else fail(new SetupError(`"${command} ${options.join(' ')}" ended with ${code ?? signal}`));
    });
  });
}

/** One set-up at a time: the lock is a file with the number of the process that holds it. */
async function withLock(work) {
  mkdirSync(dirname(LOCK_FILE), { recursive: true });
  let hasSaid = false;
  while (!takeLock()) {
    const holder = Number(read(LOCK_FILE));
    if (holder > 0 && !isAlive(holder)) rmSync(LOCK_FILE, { force: true });
    else {
      if (!hasSaid) say(`waiting for the set-up of process ${holder} ...`);
      hasSaid = true;
      await new Promise((done) => setTimeout(done, 200));
    }
  }
  process.once('exit', () => rmSync(LOCK_FILE, { force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  await work();
}

function takeLock() {
  try {
    const file = openSync(LOCK_FILE, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

const seconds = (startedAtMs) => `${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`;

main().catch((error) => {
  process.stderr.write(`setup: ${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
