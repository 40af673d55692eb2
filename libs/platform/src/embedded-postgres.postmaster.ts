import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chown, mkdir, open, readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './embedded-postgres.binaries';
import { isProcessAlive } from './embedded-postgres.owner';
import type { PostgresUser } from './embedded-postgres.user';

/** A running server, whoever started it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly isReady: boolean;
}

const POLL_MS = 15;
const START_MAX_MS = 60_000;
const STOP_FAST_MS = 15_000;
const LOG_TAIL_BYTES = 2_000;

/** The environment of the server: nothing of the process's own, whose PG* variables would change what it does. */
const ENVIRONMENT = { LC_ALL: 'C', LC_MESSAGES: 'C', TZ: 'UTC' };

/** Makes a new cluster with checksums; `passwordFile` must be readable by `user`. */
export async function initCluster(options: {
  readonly binaries: Binaries;
  readonly cluster: string;
  readonly user: PostgresUser;
  readonly passwordFile: string;
}): Promise<void> {
  const { binaries, cluster, user, passwordFile } = options;
  // What an interrupted run left is not a cluster.
  await rm(cluster, { recursive: true, force: true });
  await mkdir(cluster, { mode: 0o700 });
  if (user.uid !== undefined) await chown(cluster, user.uid, user.gid ?? user.uid);
  const child = spawn(
    binaries.initdb,
    [
      `--pgdata=${cluster}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ],
    { ...user, env: ENVIRONMENT, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await exitOf(child);
  if (code === 0) return;
  await rm(cluster, { recursive: true, force: true });
  throw new Error(`Postgres could not make its directory (${code}):\n${said.trim()}`);
}

export async function startPostmaster(options: {
  readonly binaries: Binaries;
  readonly cluster: string;
  readonly user: PostgresUser;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly logFile: string;
}): Promise<Postmaster> {
  const { binaries, cluster, user, port, settings, logFile } = options;
  const log = await open(logFile, 'w', 0o600);
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  try {
    const child = spawn(binaries.postgres, ['-D', cluster, '-p', String(port), ...flags], {
      ...user,
      env: ENVIRONMENT,
      cwd: '/',
      // A session of its own: Ctrl-C in the terminal is for this process, which then stops the server in order.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    const ended = exitOf(child);
    const state = await waitUntilReady(cluster, port, ended);
    child.unref();
    if (typeof state === 'object') return state;
    throw new Error(`Postgres did not start (${state}):\n${await tailOf(logFile)}`);
  } finally {
    await log.close();
  }
}

/** The server, or why there is none. */
async function waitUntilReady(
  cluster: string,
  port: number,
  ended: Promise<number | string>,
): Promise<Postmaster | string> {
  let end: number | string | undefined;
  void ended.then((code) => (end = code));
  for (const deadlineMs = Date.now() + START_MAX_MS; Date.now() < deadlineMs;) {
    if (end !== undefined) return `it ended with ${end}`;
    const found = readPidFile(cluster);
    if (found?.isReady === true && found.port === port) return found;
    await sleep(POLL_MS);
  }
  return `not ready after ${START_MAX_MS / 1_000} s`;
}

/** Exit code, signal, or why it could not be started; never rejects. */
async function exitOf(child: ChildProcess): Promise<number | string> {
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    return code ?? signal ?? 'an unknown end';
  } catch (error) {
    return error instanceof Error ? error.message : 'an unknown error';
  }
}

async function tailOf(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.slice(-LOG_TAIL_BYTES).trim();
}

/** The server that runs in this directory, if any; a lock file that outlived its server is removed. */
export async function findPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const found = readPidFile(cluster);
  if (found === undefined) return undefined;
  if (isProcessAlive(found.pid) && isPostmasterOf(found.pid, cluster)) return found;
  await rm(resolve(cluster, 'postmaster.pid'), { force: true });
  return undefined;
}

const PORT_LINE = 3;
const STATUS_LINE = 7;

function readPidFile(cluster: string): Postmaster | undefined {
  try {
    const lines = readFileSync(resolve(cluster, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    if (!Number.isInteger(pid) || pid <= 0) return undefined;
    return {
      pid,
      port: Number(lines[PORT_LINE]),
      isReady: lines[STATUS_LINE]?.trim() === 'ready',
    };
  } catch {
    return undefined;
  }
}

/** The number in a lock file may belong to another process by now; without /proc it is believed. */
function isPostmasterOf(pid: number, cluster: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster);
  } catch {
    return process.platform !== 'linux';
  }
}

/** Fast shutdown; a server that does not end in time is stopped at once and recovers at its next start. */
export async function stopPostmaster({ pid }: Postmaster): Promise<void> {
  if (await endedBy(pid, 'SIGINT', STOP_FAST_MS)) return;
  if (await endedBy(pid, 'SIGQUIT', STOP_FAST_MS)) return;
  await endedBy(pid, 'SIGKILL', STOP_FAST_MS);
}

async function endedBy(pid: number, signal: NodeJS.Signals, withinMs: number): Promise<boolean> {
  if (!isRunning(pid)) return true;
  process.kill(pid, signal);
  for (const deadlineMs = Date.now() + withinMs; Date.now() < deadlineMs;) {
    if (!isRunning(pid)) return true;
    await sleep(POLL_MS);
  }
  return false;
}

/** A child that ended and was not waited for yet is still listed, as a zombie. */
function isRunning(pid: number): boolean {
  if (!isProcessAlive(pid)) return false;
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return line.charAt(line.lastIndexOf(')') + 2) !== 'Z';
  } catch {
    return process.platform !== 'linux';
  }
}
