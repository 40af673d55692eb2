import { FakeClock } from '@gateway/testing';
import type { LimitRequest } from './limits.store';
import { MemoryLimitsStore } from './memory-limits.store';

const START_MS = 1_790_000_000_000;

function request(messageId: string, keyId = 'key', perSecond = 2): LimitRequest {
  const journey = { messageId, keyId, limits: { perSecond, perMinute: 100 }, ttlMs: 10_000 };
  return { journey, submittedAtMs: START_MS };
}

function requestOfDay(messageId: string, keyId = 'key'): LimitRequest {
  const { journey, submittedAtMs } = request(messageId, keyId, 10);
  return { journey: { ...journey, limits: { ...journey.limits, perDay: 2 } }, submittedAtMs };
}

const msToMidnight = 86_400_000 - (START_MS % 86_400_000);

async function decideAll(store: MemoryLimitsStore, requests: readonly LimitRequest[]) {
  return (await store.decide(requests)).map(({ refusedBy }) => refusedBy);
}

describe('the limits in memory', () => {
  let clock: FakeClock;
  let store: MemoryLimitsStore;
  beforeEach(() => {
    clock = new FakeClock(START_MS);
    store = new MemoryLimitsStore(clock, START_MS, clock);
  });

  it('gives each key its own windows', async () => {
    const requests = ['a', 'b', 'c'].flatMap((key) =>
      [1, 2, 3].map((count) => request(`${key}${count}`, key)),
    );
    const each = [null, null, 'sec'];
    expect(await decideAll(store, requests)).toEqual([...each, ...each, ...each]);
  });

  it('gives a message that comes again its first verdict, and counts it once', async () => {
    const [first] = await store.decide([request('1')]);
    const [, refused] = await store.decide([request('2'), request('3')]);
    clock.advance(9_000);
    const again = await store.decide([request('1'), request('3'), request('1')]);
    expect(again).toEqual([first, refused, first]);
    expect(await decideAll(store, [request('4'), request('5'), request('6')])).toEqual([
      null,
      null,
      'sec',
    ]);
  });

  it('counts and passes what was submitted before this process began', async () => {
    const old = ['1', '2', '3', '4'].map((id) => ({ ...request(id), submittedAtMs: START_MS - 1 }));
    expect(await decideAll(store, old)).toEqual([null, null, null, null]);
    expect(await decideAll(store, [request('5')])).toEqual(['sec']);
  });

  it('gives each key its own day, which a new UTC day begins anew', async () => {
    const requests = ['a', 'b'].flatMap((key) =>
      [1, 2, 3].map((count) => requestOfDay(`${key}${count}`, key)),
    );
    const each = [null, null, 'day'];
    expect(await decideAll(store, requests)).toEqual([...each, ...each]);
    clock.advance(msToMidnight - 1);
    expect(await store.decide([requestOfDay('4', 'a')])).toMatchObject([
      { refusedBy: 'day', retryAfterSeconds: 1 },
    ]);
    clock.advance(1);
    const next = [5, 6, 7].map((id) => requestOfDay(String(id), 'a'));
    expect(await decideAll(store, next)).toEqual(each);
  });

  it('counts a day through hours without a message', async () => {
    await store.decide([requestOfDay('1')]);
    for (let hour = 1; hour * 3_600_000 < msToMidnight; hour += 1) {
      clock.advance(3_600_000);
      await store.decide([requestOfDay(`other ${hour}`, 'other')]);
    }
    expect(await decideAll(store, [requestOfDay('2'), requestOfDay('3')])).toEqual([null, 'day']);
  });

  it('gives a copy its first verdict though midnight has passed, and counts it in neither day', async () => {
    clock.advance(msToMidnight - 1_000);
    const requests = ['1', '2', '3'].map((id) => requestOfDay(id));
    const first = await store.decide(requests);
    clock.advance(2_000);
    expect(await store.decide(requests)).toEqual(first);
    expect(
      await decideAll(
        store,
        ['4', '5', '6'].map((id) => requestOfDay(id)),
      ),
    ).toEqual([null, null, 'day']);
  });

  it('counts in the day, and passes, what was submitted before this process began', async () => {
    const old = ['1', '2', '3'].map((id) => ({
      ...requestOfDay(id),
      submittedAtMs: START_MS - 1,
    }));
    expect(await decideAll(store, old)).toEqual([null, null, null]);
    expect(await decideAll(store, [requestOfDay('4')])).toEqual(['day']);
  });

  it('keeps a day of those keys alone that have a limit of it, and no longer than it lasts', async () => {
    await store.decide([request('1', 'plain'), requestOfDay('2', 'limited')]);
    expect(store.size).toMatchObject({ keys: 2, days: 1 });
    clock.advance(msToMidnight + 3_600_000);
    await store.decide([requestOfDay('3', 'another')]);
    expect(store.size).toMatchObject({ days: 1 });
  });

  it('stays within bounds, however many keys and messages come', async () => {
    for (let step = 0; step < 300; step += 1) {
      const requests = Array.from({ length: 200 }, (_, index) =>
        request(`${step}-${index}`, `key ${step}-${index % 100}`),
      );
      await store.decide(requests);
      clock.advance(1_000);
    }
    expect(store.size.keys).toBeLessThanOrEqual(100 * 181);
    expect(store.size.verdicts).toBeLessThanOrEqual(200 * 27);
  });
});
