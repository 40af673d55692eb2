import { randomInt } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPortFree, processEnvironment } from '@gateway/platform';
import type { Demo } from '../src/demo';

export type Profile = 'standalone' | 'cluster';

const ENTRY: Record<Profile, string> = {
  standalone: 'dist/apps/standalone/src/main.js',
  cluster: 'dist/tools/cluster/main.js',
};

/** Scripts around a script would build again under the other tests; the script itself runs all the same. */
const NPM_ARGUMENTS: Record<Profile, readonly string[]> = {
  standalone: ['--ignore-scripts', 'start'],
  cluster: ['--ignore-scripts', 'run', 'start:cluster'],
};

const ROOT = join(__dirname, '../../..');
const START_TIMEOUT_MS = 120_000;
/** A cluster takes a port for each of its edges, and one for the health of each of its processes. */
const EDGES_MAX = 4;
const PROCESSES_MAX = 54;

interface ClusterState {
  readonly services: readonly {
    readonly service: string;
    readonly ordinal: number;
    readonly pid: number;
    readonly httpUrl?: string;
    readonly healthUrl: string;
  }[];
  readonly kafka: { readonly pid: number; readonly brokers: string };
}

interface StartOptions {
  readonly profile: Profile;
  readonly dataDir?: string;
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** By `npm start`, without the set-up before it, instead of by Node itself. */
  readonly isUnderNpm?: boolean;
}

/** The gateway as an operator runs it: the built program, in processes of its own. */
export class GatewayProcess {
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(
    readonly profile: Profile,
    readonly dataDir: string,
    private readonly options: StartOptions,
    private readonly ports: { http: number; health: number; simulator: number },
    private readonly isOwnDataDir: boolean,
  ) {}

  static async start(options: StartOptions): Promise<GatewayProcess> {
    // One row for all, so that no two of them meet.
    const http = await freeRow(EDGES_MAX + PROCESSES_MAX + 1);
    const health = http + EDGES_MAX;
    const ports = { http, health, simulator: health + PROCESSES_MAX };
    const dataDir = options.dataDir ?? newDataDir();
    const gateway = new GatewayProcess(
      options.profile,
      dataDir,
      options,
      ports,
      options.dataDir === undefined,
    );
    try {
      await gateway.launch();
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.ports.http}`;
  }

  get simulatorUrl(): string {
    return `http://127.0.0.1:${this.ports.simulator}`;
  }

  get healthUrl(): string {
    return `http://127.0.0.1:${this.ports.health}`;
  }

  get demo(): Demo {
    return JSON.parse(readFileSync(join(this.dataDir, 'demo.json'), 'utf8')) as Demo;
  }

  /** What it printed. */
  get printed(): string {
    return this.output;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** The owner's connection string of its database, for checks on tables. */
  get databaseUrl(): string {
    return readFileSync(join(this.dataDir, 'database.url'), 'utf8').trim();
  }

  cluster(): ClusterState {
    return JSON.parse(readFileSync(join(this.dataDir, 'cluster.json'), 'utf8')) as ClusterState;
  }

  /** Starts it, again after `kill` or `stop`; resolves when the banner is printed. */
  async launch(): Promise<void> {
    this.output = '';
    const { isUnderNpm, arguments: more = [] } = this.options;
    const [command, given] = isUnderNpm
      ? ['npm', NPM_ARGUMENTS[this.profile]]
      : [process.execPath, [join(ROOT, ENTRY[this.profile])]];
    const child = spawn(command, [...given, ...more], {
      cwd: ROOT,
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      // Like a terminal, whose Ctrl-C reaches npm and what npm started.
      detached: isUnderNpm,
    });
    this.child = child;
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    await this.untilPrinted('Ctrl-C stops everything');
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    await this.end(signal);
    if (this.isOwnDataDir) rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** kill -9 of the whole process (standalone) or of the launcher (cluster). */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** kill -9 of one service of the cluster; its launcher starts it again at once. */
  killService(service: string, ordinal = 0): void {
    this.signalService(service, 'SIGKILL', ordinal);
  }

  signalService(service: string, signal: NodeJS.Signals, ordinal = 0): void {
    process.kill(this.serviceOf(service, ordinal).pid, signal);
  }

  /** Ends one service of the cluster and waits until the launcher's next process of it is ready. */
  async replaceService(service: string, signal: NodeJS.Signals, ordinal = 0): Promise<void> {
    const { pid, healthUrl } = this.serviceOf(service, ordinal);
    process.kill(pid, signal);
    const until = Date.now() + START_TIMEOUT_MS;
    while (this.serviceOf(service, ordinal).pid === pid || !(await isReady(healthUrl))) {
      if (Date.now() > until) throw new Error(`${service}-${ordinal} does not come back`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private serviceOf(service: string, ordinal: number): ClusterState['services'][number] {
    const found = this.cluster().services.find(
      (each) => each.service === service && each.ordinal === ordinal,
    );
    if (!found) throw new Error(`no process ${service}-${ordinal}`);
    return found;
  }

  private environment(): Record<string, string | undefined> {
    const { PATH, HOME, JAVA_HOME } = processEnvironment();
    return {
      PATH,
      HOME,
      JAVA_HOME,
      DATA_DIR: this.dataDir,
      EDGE_HTTP_PORT: String(this.ports.http),
      HEALTH_PORT: String(this.ports.health),
      SIMULATOR_PORT: String(this.ports.simulator),
      ...this.options.environment,
    };
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (this.options.isUnderNpm && child.pid !== undefined) process.kill(-child.pid, signal);
    else child.kill(signal);
    await ended;
  }

  private async untilPrinted(text: string): Promise<void> {
    const until = Date.now() + START_TIMEOUT_MS;
    while (!this.output.includes(text)) {
      if (this.child?.exitCode != null || Date.now() > until) {
        throw new Error(`The gateway did not start:\n${this.output.slice(-4_000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function isReady(healthUrl: string): Promise<boolean> {
  const answer = await fetch(`${healthUrl}/health/ready`).catch(() => null);
  return answer?.ok === true;
}

/** Postgres under root runs as another user, who must be able to enter the folder. */
export function newDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'gateway-e2e-'));
  chmodSync(dataDir, 0o755);
  return dataDir;
}

/** Below what `freePort` gives to Kafka and Postgres while a gateway starts; a range for each of Jest's workers. */
const ROW_MIN = 10_000;
const WORKERS_MAX = 8;
const WORKER_PORTS = 1_000;

/** The first of a row of ports that nobody listens on at this moment. */
async function freeRow(length: number): Promise<number> {
  const worker = Number(processEnvironment().JEST_WORKER_ID ?? 1) % WORKERS_MAX;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const first = ROW_MIN + worker * WORKER_PORTS + randomInt(WORKER_PORTS - length);
    const row = Array.from({ length }, (_, index) => isPortFree(first + index));
    if ((await Promise.all(row)).every(Boolean)) return first;
  }
  throw new Error(`no ${length} free ports in a row`);
}
