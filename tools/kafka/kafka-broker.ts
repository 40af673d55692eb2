import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isPortFree } from '@gateway/platform';
import { isAnswering } from './broker-answer';
import { prepareDataDir, type ProxiedListener, type SecureListener } from './broker-files';
import { kafkaJars } from './kafka-distribution';

export interface KafkaBrokerOptions {
  /** Keeps everything: configuration, log segments, pid, output. */
  readonly dataDir: string;
  /** 0 (the default): the port that this data folder had before, else a free one. */
  readonly port?: number;
  /** 256 by default, with the quick compiler alone; from 512 on with the optimizing one, for load. */
  readonly heapMb?: number;
  readonly readyTimeoutMs?: number;
  readonly secureListener?: SecureListener;
  readonly proxiedListeners?: readonly ProxiedListener[];
  readonly log?: (line: string) => void;
}

const JAVA = 'java';
const HEAP_MB_FOR_LOAD = 512;
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 100;
const ANSWER_TIMEOUT_MS = 2_000;

/** An Apache Kafka of one broker as a child process, on 127.0.0.1. */
export class KafkaBroker {
  private child: ChildProcess | undefined;
  private readonly killWithParent = (): void => {
    this.child?.kill('SIGKILL');
  };

  private constructor(
    private readonly options: KafkaBrokerOptions,
    private readonly jars: string,
    readonly dataDir: string,
    readonly port: number,
  ) {}

  /**
   * Fetches, formats and starts it, and waits until it answers. A broker that a dead process left behind in this data
   * folder is stopped first.
   */
  static async start(options: KafkaBrokerOptions): Promise<KafkaBroker> {
    const jars = await kafkaJars(options.log);
    const dataDir = resolve(options.dataDir);
    await stopOrphan(dataDir);
    const { port } = await prepareDataDir(dataDir, jars, options.port ?? 0, {
      secure: options.secureListener,
      proxied: options.proxiedListeners,
    });
    const broker = new KafkaBroker(options, jars, dataDir, port);
    await broker.start();
    return broker;
  }

  /** For `KAFKA_BROKERS`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Starts it again on the same port and data folder, after `stop` or `kill`. */
  async start(): Promise<void> {
    await this.launch();
    await this.answers();
  }

  /** Like `start`, without waiting until it answers. */
  async launch(): Promise<void> {
    if (this.child) throw new Error('the broker is running');
    if (!(await isPortFree(this.port))) throw new Error(`port ${this.port} is taken`);
    const output = openSync(join(this.dataDir, 'broker.log'), 'a');
    // A process group of its own: Ctrl-C in the terminal reaches its owner, who stops it after its clients.
    const child = spawn(JAVA, this.javaArguments(), {
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    this.child = child;
    child.once('exit', () => {
      if (this.child === child) this.child = undefined;
    });
    process.once('exit', this.killWithParent);
    await writeFile(
      join(this.dataDir, 'broker.pid'),
      JSON.stringify({ pid: child.pid, ownerPid: process.pid }),
    );
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Suspends or continues the process, as a stalled machine would. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(signal);
  }

  /** Resolves when a client gets an answer; rejects when the process ends or the time is over. */
  async answers(): Promise<void> {
    const until = Date.now() + (this.options.readyTimeoutMs ?? READY_TIMEOUT_MS);
    while (!(await isAnswering(this.port, ANSWER_TIMEOUT_MS))) {
      if (!this.child) throw new Error(`Kafka ended at its start:\n${this.outputTail()}`);
      if (Date.now() > until) throw new Error(`Kafka does not answer:\n${this.outputTail()}`);
      await new Promise((wake) => setTimeout(wake, POLL_MS));
    }
  }

  private javaArguments(): string[] {
    const heapMb = this.options.heapMb ?? 256;
    return [
      `-Xms${heapMb}m`,
      `-Xmx${heapMb}m`,
      '-XX:+UseSerialGC',
      '-XX:+PerfDisableSharedMem',
      ...(heapMb < HEAP_MB_FOR_LOAD ? ['-XX:TieredStopAtLevel=1'] : []),
      '-Xshare:auto',
      '-Djava.awt.headless=true',
      `-Dlog4j2.configurationFile=${join(this.dataDir, 'log4j2.xml')}`,
      '-cp',
      join(this.jars, '*'),
      'kafka.Kafka',
      join(this.dataDir, 'server.properties'),
    ];
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    process.off('exit', this.killWithParent);
    if (child) {
      const ended = new Promise((wake) => child.once('exit', wake));
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
      this.child = undefined;
    }
    await rm(join(this.dataDir, 'broker.pid'), { force: true });
  }

  private outputTail(): string {
    return readFileSync(join(this.dataDir, 'broker.log'), 'utf8').slice(-3_000);
  }
}

/** Stops the broker whose owner died without stopping it; refuses when the owner lives. */
async function stopOrphan(dataDir: string): Promise<void> {
  const path = join(dataDir, 'broker.pid');
  let saved: { readonly pid: number; readonly ownerPid: number };
  try {
    saved = JSON.parse(await readFile(path, 'utf8')) as typeof saved;
  } catch {
    // No pid file, or one cut short by a kill.
    return;
  }
  if (commandOf(saved.pid).includes(join(dataDir, 'server.properties'))) {
    if (saved.ownerPid !== process.pid && commandOf(saved.ownerPid).includes('node')) {
      throw new Error(`the Kafka of ${dataDir} is in use by process ${saved.ownerPid}`);
    }
    await terminate(saved.pid);
  }
  await rm(path, { force: true });
}

async function terminate(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const until = Date.now() + STOP_TIMEOUT_MS;
  while (commandOf(pid) !== '') {
    if (Date.now() > until) process.kill(pid, 'SIGKILL');
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

/** Command line of a process; empty when it is gone or the system has no /proc. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
