import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, processEnvironment } from '@gateway/platform';
import { Redis } from 'ioredis';

const BINARY = 'redis-server';

/** In CI a missing binary is a failure, not a reason to skip. */
export const isRedisTested = (): boolean => hasBinary() || processEnvironment().CI !== undefined;

function hasBinary(): boolean {
  try {
    execFileSync(BINARY, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A real Redis of the test's own, on a free port, that forgets everything when it ends. */
export class RedisServer {
  private process: ChildProcess | undefined;
  private readonly directory = mkdtempSync(join(tmpdir(), 'rate-redis-'));
  private readonly ask: Redis;

  private constructor(
    private readonly port: number,
    private readonly options: readonly string[],
  ) {
    this.ask = new Redis(this.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    this.ask.on('error', () => undefined);
  }

  static async start(...options: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** A client of the test, beside those under test. */
  get client(): Redis {
    return this.ask;
  }

  async start(): Promise<void> {
    this.process = spawn(
      BINARY,
      ['--port', String(this.port), '--save', '', '--dir', this.directory, ...this.options],
      { stdio: 'ignore' },
    );
    await this.ask.ping();
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.process?.kill(signal);
  }

  /** As a crash: nothing is saved. */
  async kill(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    if (process?.exitCode !== null) return;
    process.kill('SIGKILL');
    await once(process, 'exit');
  }

  async stop(): Promise<void> {
    this.ask.disconnect();
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
