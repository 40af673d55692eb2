import { constants } from 'node:os';
import { Worker } from 'node:worker_threads';

/**
 * Runs inside the thread. As text, because a thread loads neither TypeScript nor from the place of this file.
 * Linux gives each thread a priority of its own; elsewhere it would be the whole process's, so it stays as it is.
 */
const THREAD = `
const { setPriority } = require('node:os');
const { parentPort, workerData } = require('node:worker_threads');
const argon2 = require(workerData.library);
if (process.platform === 'linux') setPriority(workerData.priority);
parentPort.on('message', ({ method, parameters }) => {
  try {
    parentPort.postMessage({ result: argon2[method](...parameters) });
  } catch (error) {
    parentPort.postMessage({ error });
  }
});`;

interface Job {
  readonly method: 'hashSync' | 'verifySync';
  readonly parameters: readonly unknown[];
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Argon2 in a thread that gives way to messages, one job at a time. On processors that are all busy it still gets about
 * a tenth of one.
 */
export class PasswordWorker {
  private thread: Worker | undefined;
  private readonly jobs: Job[] = [];

  hash(password: string, options: object): Promise<string> {
    return this.run<string>('hashSync', [password, options]);
  }

  verify(stored: string, password: string): Promise<boolean> {
    return this.run<boolean>('verifySync', [stored, password]);
  }

  async close(): Promise<void> {
    await this.thread?.terminate();
  }

  private run<Result>(method: Job['method'], parameters: readonly unknown[]): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.jobs.push({ method, parameters, resolve: resolve as Job['resolve'], reject });
      if (this.jobs.length === 1) this.begin();
    });
  }

  /** Only a job at work keeps the process from ending. */
  private begin(): void {
    const [job] = this.jobs;
    if (!job) {
      this.thread?.unref();
      return;
    }
    this.thread ??= this.start();
    this.thread.ref();
    this.thread.postMessage({ method: job.method, parameters: job.parameters });
  }

  private start(): Worker {
    const library = require.resolve('@node-rs/argon2');
    const priority = constants.priority.PRIORITY_BELOW_NORMAL;
    const thread = new Worker(THREAD, { eval: true, workerData: { library, priority } });
    thread.on('message', ({ result, error }: { result?: unknown; error?: unknown }) => {
      const job = this.jobs.shift();
      if (error === undefined) job?.resolve(result);
      else job?.reject(error);
      this.begin();
    });
    thread.on('error', (error) => {
      this.lose(thread, error);
    });
    thread.on('exit', () => {
      this.lose(thread, new Error('the thread that hashes passwords has ended'));
    });
    return thread;
  }

  /** The job may be what ended it, so it is not tried again; the next ones get a new thread. */
  private lose(thread: Worker, error: unknown): void {
    if (thread !== this.thread) return;
    this.thread = undefined;
    this.jobs.shift()?.reject(error);
    this.begin();
  }
}
