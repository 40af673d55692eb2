import { FakeClock } from '@gateway/testing';
import type { LimitRequest } from './limits.store';
import { MemoryLimitsStore } from './memory-limits.store';
import { RedisLimitsStore } from './redis-limits.store';

const NOON_MS = Date.UTC(2026, 8, 22, 12);
const HOUR_MS = 3_600_000;

function request(messageId: string, perDay?: number): LimitRequest {
  const limits = { perSecond: 10, perMinute: 100, perDay };
  return {
    journey: { messageId, keyId: 'key', limits, ttlMs: 10_000 },
    submittedAtMs: NOON_MS,
  };
}

/** A Redis that has just lost everything, each time it is asked. */
const forgetful = {
  isAvailable: true,
  run: jest.fn((calls: readonly { keys: readonly string[] }[]) =>
    Promise.resolve(calls.map(({ keys }) => keys.map(() => '-:9:99:0'))),
  ),
};

describe('the limits in a Redis that lost what it knew', () => {
  let clock: FakeClock;
  let store: RedisLimitsStore;
  beforeEach(() => {
    clock = new FakeClock(NOON_MS);
    store = new RedisLimitsStore(forgetful, new MemoryLimitsStore(clock, NOON_MS, clock), clock);
  });

  const refusedBy = async (each: LimitRequest) => (await store.decide([each]))[0]?.refusedBy;

  it('hold a key to its day until that ends, by what this instance admitted', async () => {
    expect(await refusedBy(request('1', 2))).toBeNull();
    expect(await refusedBy(request('2', 2))).toBeNull();
    store.catchUp();
    clock.advance(2 * HOUR_MS);
    expect(await refusedBy(request('3', 2))).toBe('day');
    clock.advance(10 * HOUR_MS);
    expect(await refusedBy(request('4', 2))).toBeNull();
  });

  it('ask Redis alone for a key without a limit of the day, once the minute is over', async () => {
    store.catchUp();
    clock.advance(2 * HOUR_MS);
    forgetful.run.mockClear();
    expect(await store.decide([request('1')])).toMatchObject([{ isShared: true, secRemaining: 9 }]);
    expect(forgetful.run.mock.calls[0]?.[0][0]?.keys).toEqual([
      'gw:rate:{key}:sec',
      'gw:rate:{key}:min',
      'gw:rate:{key}:verdict:1',
    ]);
  });
});
