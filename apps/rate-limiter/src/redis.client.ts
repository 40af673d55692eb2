import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { metrics, type Logger } from '@gateway/platform';
import { DECIDE_SCRIPT } from './redis-script';

/** One call of the script: its keys, all of one hash slot, and its arguments. */
export interface ScriptCall {
  readonly keys: readonly string[];
  readonly args: readonly number[];
}

interface RedisOptions {
  readonly url: string;
  /** A batch that takes longer is decided without Redis. */
  readonly timeoutMs: number;
}

type Outcome = [error: Error | null, result: unknown];

const SCRIPT_SHA = createHash('sha1').update(DECIDE_SCRIPT).digest('hex');
const PROBE_INTERVAL_MS = 100;
const RECONNECT_MS_MAX = 1_000;

const degraded = metrics.gauge({
  name: 'gw_rate_store_degraded',
  help: '1 while Redis is configured and gone, so that each instance limits from its own memory.',
});

/** The connection to Redis and whether it can be relied on: gone or slow once, it is asked again when a probe succeeds. */
export class RedisClient {
  private readonly redis: Redis;
  private isDown = false;
  private isStopped = false;
  private probe: NodeJS.Timeout | undefined;
  private connections = 0;

  constructor(
    private readonly options: RedisOptions,
    private readonly logger: Logger,
    /** Redis may have lost what it knew: it restarted, failed over or was asked nothing for a while. */
    private readonly onReturn: () => void,
  ) {
    this.redis = new Redis(options.url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: RECONNECT_MS_MAX,
      retryStrategy: (attempt) => Math.min(20 * 2 ** attempt, RECONNECT_MS_MAX),
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
    this.redis.on('error', (error: Error) => {
      this.goDown(error);
    });
    this.redis.on('ready', () => {
      this.connections += 1;
      if (this.connections > 1) this.onReturn();
    });
    degraded.set(0);
  }

  get isAvailable(): boolean {
    return !this.isDown;
  }

  /** Returns when the first attempt to connect has ended, well or not. */
  async start(): Promise<void> {
    await this.redis.connect().catch((error: unknown) => {
      this.goDown(error);
    });
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.probe);
    this.redis.disconnect();
  }

  /** One pipeline. Returns what each call gave, null for a call without an answer in time. */
  async run(calls: readonly ScriptCall[]): Promise<(readonly string[] | null)[]> {
    try {
      return await this.inTime(this.runAll(calls));
    } catch (error) {
      this.goDown(error);
      return calls.map(() => null);
    }
  }

  private async runAll(calls: readonly ScriptCall[]): Promise<(readonly string[] | null)[]> {
    const outcomes = await this.pipeline(calls, false);
    const isUnknown = outcomes.map(([error]) => error?.message.startsWith('NOSCRIPT') === true);
    if (isUnknown.includes(true)) {
      const again = await this.pipeline(
        calls.filter((_call, index) => isUnknown[index]),
        true,
      );
      isUnknown.forEach((isAgain, index) => {
        if (isAgain) outcomes[index] = again.shift() ?? [new Error('no answer'), null];
      });
    }
    const failed = outcomes.find(([error]) => error !== null);
    if (failed) this.goDown(failed[0]);
    return outcomes.map(([error, result]) => (error ? null : (result as string[])));
  }

  private async pipeline(calls: readonly ScriptCall[], withSource: boolean): Promise<Outcome[]> {
    const pipeline = this.redis.pipeline();
    for (const { keys, args } of calls) {
      if (withSource) pipeline.eval(DECIDE_SCRIPT, keys.length, ...keys, ...args);
      else pipeline.evalsha(SCRIPT_SHA, keys.length, ...keys, ...args);
    }
    return (await pipeline.exec()) ?? calls.map(() => [new Error('no answer'), null]);
  }

  private inTime<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // One turn of the event loop, so that a stall of this process is not taken for one of Redis.
        setImmediate(() => {
          reject(new Error(`Redis did not answer within ${this.options.timeoutMs} ms`));
        });
      }, this.options.timeoutMs);
      work.then(resolve, reject).finally(() => {
        clearTimeout(timer);
      });
    });
  }

  private goDown(error: unknown): void {
    if (this.isDown || this.isStopped) return;
    this.isDown = true;
    degraded.set(1);
    this.logger.warn({ err: error }, 'rate-store.degraded');
    this.probeLater();
  }

  private probeLater(): void {
    if (this.isStopped) return;
    this.probe = setTimeout(() => {
      void this.probeNow();
    }, PROBE_INTERVAL_MS);
    this.probe.unref();
  }

  private async probeNow(): Promise<void> {
    if (this.redis.status !== 'ready') {
      this.probeLater();
      return;
    }
    try {
      await this.inTime(this.redis.ping());
    } catch {
      // Still gone, which the metric says; a connection that hangs is made anew.
      this.redis.disconnect(true);
      this.probeLater();
      return;
    }
    this.isDown = false;
    degraded.set(0);
    this.logger.info('rate-store.recovered');
    this.onReturn();
  }
}
