import type { ServiceName } from '@gateway/contracts';
import type { Environment } from '@gateway/platform';
import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** A process that ends this soon after its start is broken, not killed: it is not started for ever. */
const BROKEN_AFTER_MS = 3_000;
const BROKEN_STARTS_MAX = 3;
const EARLY_PAUSE_MS = 100;

interface ServiceProcessOptions {
  readonly service: ServiceName;
  readonly ordinal: number;
  readonly environment: Environment;
  readonly healthUrl: string;
  readonly logDir: string;
  /** The built program; that of the service unless given. */
  readonly main?: string;
  /** Called after each start, with the new pid. */
  readonly onStarted: () => void;
  /** The process cannot be kept running. */
  readonly onBroken: (name: string, logPath: string) => void;
}

/** One process of a service: started, started again when it ends unasked, stopped when told to. */
export class ServiceProcess {
  private child: ChildProcess | undefined;
  private isStopping = false;
  private brokenStarts = 0;
  private startedAtMs = 0;

  constructor(private readonly options: ServiceProcessOptions) {}

  get service(): ServiceName {
    return this.options.service;
  }

  get ordinal(): number {
    return this.options.ordinal;
  }

  get healthUrl(): string {
    return this.options.healthUrl;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    this.isStopping = false;
    const { service, environment, logDir, main } = this.options;
    mkdirSync(logDir, { recursive: true });
    const log = openSync(this.logPath, 'a');
    const child = fork(main ?? join(__dirname, `../../apps/${service}/src/start.js`), {
      env: { ...environment },
      // Messages in flight outlive a small young generation, and would be copied again and again.
      execArgv: ['--max-semi-space-size=64'],
      stdio: ['ignore', log, log, 'ipc'],
      // Its own process group: Ctrl-C reaches the launcher, which stops the services in order.
      detached: true,
    });
    closeSync(log);
    this.child = child;
    this.startedAtMs = Date.now();
    child.once('exit', (_code, signal) => {
      this.onExit(signal);
    });
    this.options.onStarted();
  }

  async ready(timeoutMs: number): Promise<void> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const problems = await problemsOf(this.options.healthUrl);
      if (problems.length === 0) return;
      if (Date.now() > until) {
        const why = `${problems.join('; ')} (${this.logPath})`;
        throw new Error(`${this.name} is not ready after ${timeoutMs / 1000} s: ${why}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Whether it says so now. */
  async isReady(): Promise<boolean> {
    return (await problemsOf(this.options.healthUrl)).length === 0;
  }

  /** Ends it, until `start`. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.isStopping = true;
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(timer);
  }

  get name(): string {
    return `${this.options.service}-${this.options.ordinal}`;
  }

  private get logPath(): string {
    return join(this.options.logDir, `${this.name}.log`);
  }

  private onExit(signal: NodeJS.Signals | null): void {
    if (this.isStopping) return;
    const isEarly = Date.now() - this.startedAtMs < BROKEN_AFTER_MS;
    const isBroken = isEarly && signal !== 'SIGKILL';
    this.brokenStarts = isBroken ? this.brokenStarts + 1 : 0;
    if (this.brokenStarts >= BROKEN_STARTS_MAX) {
      this.options.onBroken(this.name, this.logPath);
      return;
    }
    const again = (): void => {
      if (!this.isStopping) this.start();
    };
    // What worked until now is missed at once.
    if (isEarly) setTimeout(again, EARLY_PAUSE_MS);
    else again();
  }
}

/** Why it is not ready, in its own words; nothing when it is. */
async function problemsOf(healthUrl: string): Promise<readonly string[]> {
  try {
    const response = await fetch(`${healthUrl}/health/ready`, {
      signal: AbortSignal.timeout(1_000),
    });
    return ((await response.json()) as { readonly problems: readonly string[] }).problems;
  } catch {
    return ['its health does not answer']; // not listening yet
  }
}
