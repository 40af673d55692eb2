import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, metrics, systemClock } from '@gateway/platform';
import { until } from '@gateway/testing';
import fc from 'fast-check';
import { DayCount } from '../src/domain/day-count';
import { SlidingWindow } from '../src/domain/sliding-window';
import { parseSharedVerdict, type Verdict } from '../src/domain/verdict';
import type { LimitRequest, LimitsStore } from '../src/limits.store';
import { openLimits, type OpenLimits } from '../src/open-limits';
import { DECIDE_SCRIPT } from '../src/redis-script';
import { RedisServer, isRedisTested } from './redis-server';

const LIMITS: LimitRequest['journey']['limits'] = { perSecond: 80, perMinute: 4_800 };
const MIDNIGHT_MS = Date.UTC(2026, 8, 22);
const TIMEOUT_MS = 150;

const describeOnRedis = isRedisTested() ? describe : describe.skip;

describeOnRedis('the limits in Redis (skipped without redis-server)', () => {
  let redis: RedisServer;
  let keyId: string;
  const opened: OpenLimits[] = [];
  const log: string[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
  });

  afterAll(async () => {
    await redis.stop();
  });

  beforeEach(() => {
    keyId = randomUUID();
    log.length = 0;
  });

  afterEach(() => {
    for (const limits of opened.splice(0)) limits.close();
  });

  async function open(url = redis.url): Promise<LimitsStore> {
    const logger = createLogger({
      service: 'test',
      level: 'info',
      destination: {
        write: (line: string) => {
          log.push((JSON.parse(line) as { msg: string }).msg);
        },
      },
    });
    const limits = await openLimits(
      { redisUrl: url, rateStoreTimeoutMs: TIMEOUT_MS },
      systemClock,
      logger,
    );
    opened.push(limits);
    return limits.store;
  }

  const request = (messageId: string = randomUUID(), limits = LIMITS): LimitRequest => ({
    journey: { messageId, keyId, limits, ttlMs: 10_000 },
    submittedAtMs: Date.now(),
  });

  const requests = (count: number, limits = LIMITS): LimitRequest[] =>
    Array.from({ length: count }, () => request(undefined, limits));

  const admittedOf = (verdicts: readonly Verdict[]): number =>
    verdicts.filter(({ refusedBy }) => refusedBy === null).length;

  const isDegraded = async (): Promise<boolean> => {
    const gauge = metrics.registry.getSingleMetric('gw_rate_store_degraded');
    return (await gauge?.get())?.values[0]?.value === 1;
  };

  /** Floods for a while in batches; returns when each admitted message was surely not yet, and surely already, entered. */
  async function flood(
    stores: readonly LimitsStore[],
    forMs: number,
    batchSize: number,
  ): Promise<{ beforeMs: number; afterMs: number }[]> {
    const admitted: { beforeMs: number; afterMs: number }[] = [];
    const endMs = performance.now() + forMs;
    await Promise.all(
      stores.map(async (store) => {
        while (performance.now() < endMs) {
          const beforeMs = performance.now();
          const verdicts = await store.decide(requests(batchSize));
          const afterMs = performance.now();
          for (let count = admittedOf(verdicts); count > 0; count -= 1) {
            admitted.push({ beforeMs, afterMs });
          }
          await sleep(4);
        }
      }),
    );
    return admitted.sort((one, other) => one.beforeMs - other.beforeMs);
  }

  /** Of any 81 admitted ones the first and the last are a second apart, whatever the answers' own time was. */
  function expectWithinLimit(admitted: readonly { beforeMs: number; afterMs: number }[]): void {
    for (let index = LIMITS.perSecond; index < admitted.length; index += 1) {
      const first = admitted[index - LIMITS.perSecond];
      const last = admitted[index];
      expect((last?.afterMs ?? 0) - (first?.beforeMs ?? 0)).toBeGreaterThanOrEqual(999);
    }
  }

  it('admits 80 of 81 in one second and refuses the last with its limit', async () => {
    const store = await open();
    const verdicts = await store.decide(requests(81));
    expect(admittedOf(verdicts)).toBe(80);
    expect(verdicts[0]).toMatchObject({ secRemaining: 79, minRemaining: 4_799, isShared: true });
    expect(verdicts[80]).toEqual({
      refusedBy: 'sec',
      secRemaining: 0,
      minRemaining: 4_720,
      retryAfterSeconds: 1,
      isShared: true,
    });
  });

  it('refuses by the minute with a wait that is never longer than it', async () => {
    const store = await open();
    const verdicts = await store.decide(requests(10, { perSecond: 80, perMinute: 4 }));
    expect(admittedOf(verdicts)).toBe(4);
    expect(verdicts[9]).toMatchObject({ refusedBy: 'min', secRemaining: 76, minRemaining: 0 });
    expect(verdicts[9]?.retryAfterSeconds).toBeGreaterThanOrEqual(59);
    expect(verdicts[9]?.retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  it('decides as the windows in memory do, at any times and limits', async () => {
    const script = DECIDE_SCRIPT.replace("redis.call('TIME')", '{ ARGV[#ARGV - 1], ARGV[#ARGV] }');
    const gap = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 80 }) },
      { weight: 2, arbitrary: fc.constantFrom(399, 400, 3_999, 4_000, 4_001) },
      { weight: 1, arbitrary: fc.constantFrom(239_600, 240_000, 240_400) },
      { weight: 1, arbitrary: fc.constantFrom(345_599_999, 345_600_000, 345_600_001) },
    );
    const step = fc.record({ gap, batch: fc.integer({ min: 1, max: 6 }) });
    const limit = fc.record({
      perSecond: fc.integer({ min: 0, max: 10 }),
      perMinute: fc.integer({ min: 0, max: 30 }),
      perDay: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), limit, async (steps, limits) => {
        const id = randomUUID();
        const window = new SlidingWindow();
        const day = new DayCount();
        const { perDay } = limits;
        // Quarters of a millisecond, which both clocks hold exactly.
        let quarters = (MIDNIGHT_MS - 5_000) * 4;
        for (const { gap: passed, batch } of steps) {
          quarters += passed;
          const keys = [`{${id}}:s`, `{${id}}:m`];
          if (perDay !== undefined) keys.push(`{${id}}:d`);
          for (let count = 0; count < batch; count += 1) keys.push(`{${id}}:${randomUUID()}`);
          const answers = (await redis.client.eval(
            script,
            keys.length,
            ...keys,
            limits.perSecond,
            limits.perMinute,
            perDay ?? 0,
            ...Array<number>(batch).fill(60_000),
            Math.floor(quarters / 4_000),
            (quarters % 4_000) * 250,
          )) as string[];
          for (const answer of answers) {
            const nowMs = quarters / 4;
            const today = perDay === undefined ? undefined : day.at(perDay, nowMs);
            const expected = window.decide(limits, nowMs, today);
            expect(parseSharedVerdict(answer)).toEqual({ ...expected, isShared: true });
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('stands still for a clock that was set back a little, begins anew for one set back far', async () => {
    const script = DECIDE_SCRIPT.replace("redis.call('TIME')", '{ ARGV[#ARGV], 0 }');
    const decideAt = async (second: number): Promise<string> => {
      const keys = [`{${keyId}}:s`, `{${keyId}}:m`, `{${keyId}}:${randomUUID()}`];
      const answer = await redis.client.eval(script, 3, ...keys, 1, 100, 0, 60_000, second);
      return (answer as string[])[0] ?? '';
    };
    expect(await decideAt(1_790_000_000)).toBe('-:0:99:0');
    expect(await decideAt(1_789_999_999)).toBe('sec:0:99:1');
    expect(await decideAt(1_789_990_000)).toBe('-:0:99:0');
  });

  it('never admits more than the limit with two instances on one key', async () => {
    const stores = [await open(), await open()];
    const admitted = await flood(stores, 3_200, 3);
    expectWithinLimit(admitted);
    expect(admitted.length).toBeGreaterThanOrEqual(4 * LIMITS.perSecond - 10);
  });

  it('gives a message its first verdict again, on every instance and in one batch', async () => {
    const [one, other] = [await open(), await open()];
    const limits = { perSecond: 2, perMinute: 100 };
    const [first, second, third] = [1, 2, 3].map(() => request(undefined, limits));
    if (!first || !second || !third) throw new Error('three requests');
    const verdicts = await one.decide([first, first, second, third]);
    expect(verdicts.map(({ refusedBy }) => refusedBy)).toEqual([null, null, null, 'sec']);
    await sleep(1_050);
    expect(await other.decide([third, first, second, first])).toEqual([
      verdicts[3],
      verdicts[0],
      verdicts[2],
      verdicts[0],
    ]);
    expect(await other.decide(requests(3, limits))).toMatchObject([
      { refusedBy: null },
      { refusedBy: null },
      { refusedBy: 'sec' },
    ]);
  });

  it('never admits more than the limit of the day with two instances on one key', async () => {
    const stores = [await open(), await open()];
    const limits = { ...LIMITS, perDay: 20 };
    const batches = [1, 2, 3, 4, 5].flatMap(() => stores.map((store) => ({ store, of: 3 })));
    const verdicts = await Promise.all(
      batches.map(({ store, of }) => store.decide(requests(of, limits))),
    );
    expect(admittedOf(verdicts.flat())).toBe(20);
    const refused = verdicts.flat().filter(({ refusedBy }) => refusedBy !== null);
    const secondsLeft = 86_400 - ((Date.now() / 1_000) % 86_400);
    for (const { refusedBy, retryAfterSeconds, isShared } of refused) {
      expect([refusedBy, isShared]).toEqual(['day', true]);
      expect(Math.abs(retryAfterSeconds - secondsLeft)).toBeLessThan(60);
    }
  });

  it('gives a copy that the day refused or admitted its first verdict, on every instance', async () => {
    const [one, other] = [await open(), await open()];
    const asked = requests(3, { ...LIMITS, perDay: 2 });
    const first = await one.decide(asked);
    expect(first.map(({ refusedBy }) => refusedBy)).toEqual([null, null, 'day']);
    expect(await other.decide([...asked].reverse())).toEqual([...first].reverse());
    expect(await one.decide(asked)).toEqual(first);
    const [next] = await other.decide(requests(1, { ...LIMITS, perDay: 3 }));
    expect(next).toMatchObject({ refusedBy: null, minRemaining: LIMITS.perMinute - 3 });
  });

  it('holds a key to its day though Redis lost its count', async () => {
    const own = await RedisServer.start();
    try {
      const store = await open(own.url);
      const limits = { ...LIMITS, perDay: 5 };
      expect(admittedOf(await store.decide(requests(3, limits)))).toBe(3);
      await own.kill();
      await until(isDegraded);
      expect(admittedOf(await store.decide(requests(1, limits)))).toBe(1);
      await own.start();
      await until(async () => !(await isDegraded()));
      const verdicts = await store.decide(requests(3, limits));
      expect(verdicts.map(({ refusedBy }) => refusedBy)).toEqual([null, 'day', 'day']);
    } finally {
      await own.stop();
    }
  });

  it('goes on when Redis forgot the script', async () => {
    const store = await open();
    await store.decide(requests(1));
    await redis.client.script('FLUSH');
    const verdicts = await store.decide(requests(1));
    expect(verdicts[0]).toMatchObject({ secRemaining: 78, isShared: true });
    expect(log).toEqual([]);
  });

  it('takes more messages of one key than one call of the script', async () => {
    const store = await open();
    const verdicts = await store.decide(requests(1_201, { perSecond: 1_100, perMinute: 4_800 }));
    expect(admittedOf(verdicts)).toBe(1_100);
  });

  it('leaves nothing in Redis without an expiry', async () => {
    const store = await open();
    await store.decide(requests(3));
    expect(await redis.client.keys(`*${keyId}*`)).toHaveLength(5);
    await store.decide(requests(1, { ...LIMITS, perDay: 10 }));
    const keys = await redis.client.keys(`*${keyId}*`);
    expect(keys).toHaveLength(7);
    for (const key of keys) expect(await redis.client.pttl(key)).toBeGreaterThan(0);
  });

  it('uses keys of one slot for each call, so that a cluster takes them', async () => {
    const cluster = await RedisServer.start('--cluster-enabled', 'yes');
    try {
      await cluster.client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      await until(async () =>
        String(await cluster.client.call('CLUSTER', 'INFO')).includes('cluster_state:ok'),
      );
      const store = await open(cluster.url);
      expect(await store.decide(requests(2, { ...LIMITS, perDay: 10 }))).toMatchObject([
        { isShared: true },
        { isShared: true },
      ]);
    } finally {
      await cluster.stop();
    }
  });

  it('limits from memory while Redis is killed and restarted, and says so once', async () => {
    const own = await RedisServer.start();
    try {
      const store = await open(own.url);
      const flooding = flood([store], 4_500, 4);
      await sleep(1_300);
      await own.kill();
      await until(isDegraded);
      await sleep(1_200);
      await own.start();
      await until(async () => !(await isDegraded()));
      const admitted = await flooding;
      expectWithinLimit(admitted);
      expect(admitted.length).toBeGreaterThanOrEqual(4 * LIMITS.perSecond);
      expect(log).toEqual(['rate-store.degraded', 'rate-store.recovered']);
      const late = await store.decide(requests(1));
      expect(late[0]?.isShared).toBe(late[0]?.refusedBy === null);
    } finally {
      await own.stop();
    }
  });

  it('answers within its timeout when Redis hangs, at once while it is known to hang', async () => {
    const own = await RedisServer.start();
    try {
      const store = await open(own.url);
      const before = requests(2);
      const first = await store.decide(before);
      own.signal('SIGSTOP');
      const startedMs = performance.now();
      const [hanging] = await store.decide(requests(1));
      expect(performance.now() - startedMs).toBeLessThan(TIMEOUT_MS + 200);
      expect(hanging).toMatchObject({ secRemaining: 77, isShared: false });
      const nextMs = performance.now();
      await store.decide(requests(1));
      expect(performance.now() - nextMs).toBeLessThan(50);
      expect(await store.decide(before)).toEqual(first);
      own.signal('SIGCONT');
      await until(async () => !(await isDegraded()));
      expect(await store.decide(before)).toEqual(first);
    } finally {
      await own.stop();
    }
  });

  it('keeps what was decided without an answer of Redis, though Redis says otherwise later', async () => {
    const own = await RedisServer.start();
    try {
      const store = await open(own.url);
      const limits = { perSecond: 1, perMinute: 100 };
      await own.client.rpush(`gw:rate:{${keyId}}:sec`, '9000000000000000:1:1');
      own.signal('SIGSTOP');
      const asked = request(undefined, limits);
      const [decided] = await store.decide([asked]);
      own.signal('SIGCONT');
      await until(async () => !(await isDegraded()));
      expect(decided).toMatchObject({ refusedBy: null, isShared: false });
      expect(await store.decide([asked])).toEqual([decided]);
    } finally {
      await own.stop();
    }
  });

  it('starts without Redis, and takes it when it comes', async () => {
    const own = await RedisServer.start();
    try {
      await own.kill();
      const store = await open(own.url);
      expect(await isDegraded()).toBe(true);
      expect(admittedOf(await store.decide(requests(100)))).toBe(80);
      await own.start();
      await until(async () => !(await isDegraded()));
      expect(admittedOf(await store.decide(requests(100)))).toBeLessThanOrEqual(80);
    } finally {
      await own.stop();
    }
  });
});
