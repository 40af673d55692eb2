import { startEmbeddedPostgres } from '@gateway/platform';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@gateway/platform';

/** The harness' own Postgres: a real server that can be killed, frozen and started again. */
export class PostgresServer {
  private constructor(
    private readonly dataDir: string,
    private running: Awaited<ReturnType<typeof startEmbeddedPostgres>>,
  ) {}

  static async start(dataDir: string): Promise<PostgresServer> {
    return new PostgresServer(dataDir, await startEmbeddedPostgres({ dataDir }));
  }

  get url(): string {
    return this.running.url;
  }

  get port(): number {
    return this.running.port;
  }

  /** kill -9 of the server and all its sessions: what the operating system does not have is lost. */
  async kill(): Promise<void> {
    for (const pid of this.processes()) signal(pid, 'SIGKILL');
    await this.running.stop();
  }

  /** In order: sessions are ended, nothing is lost. */
  async stop(): Promise<void> {
    await this.running.stop();
  }

  /** After `kill`, `stop` or its own end, on the same port. */
  async restart(): Promise<void> {
    await this.running.stop();
    this.running = await startEmbeddedPostgres({ dataDir: this.dataDir, port: this.port });
  }

  freeze(): void {
    for (const pid of this.processes()) signal(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.processes()) signal(pid, 'SIGCONT');
  }

  /** The server and its sessions; none when it does not run. */
  processes(): number[] {
    try {
      const path = join(this.dataDir, 'cluster', 'postmaster.pid');
      const postmaster = Number(readFileSync(path, 'utf8').split('\n')[0]);
      return parentOf(postmaster) === null ? [] : [postmaster, ...childrenOf(postmaster)];
    } catch {
      return []; // it ended in order
    }
  }

  get isRunning(): boolean {
    return this.processes().length > 0;
  }
}

/** A `redis-server` of the harness, without persistence; null where none is installed. */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(readonly port: number) {}

  static async start(): Promise<RedisServer | null> {
    const server = new RedisServer(await freePort());
    return (await server.restart()) ? server : null;
  }

  /** False when the program is not there. */
  async restart(): Promise<boolean> {
    const child = spawn(
      'redis-server',
      ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { stdio: 'ignore', detached: true },
    );
    try {
      await once(child, 'spawn');
    } catch {
      return false; // not installed
    }
    this.child = child;
    return true;
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

/** All processes below one, by Linux' process table. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null; // it ended meanwhile
  }
}

/** One that has ended since is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
