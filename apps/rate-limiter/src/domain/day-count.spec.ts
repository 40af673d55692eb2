import fc from 'fast-check';
import { DAY_MS, DayCount } from './day-count';
import { SlidingWindow } from './sliding-window';

const MIDNIGHT_MS = Date.UTC(2026, 8, 22);
const WIDE = { perSecond: 1_000, perMinute: 60_000 };

const dayOf = (nowMs: number): number => Math.floor(nowMs / DAY_MS);

function key(limits = WIDE) {
  const window = new SlidingWindow();
  const day = new DayCount();
  return (perDay: number, nowMs: number) => window.decide(limits, nowMs, day.at(perDay, nowMs));
}

describe('the day of a key', () => {
  it('admits exactly its limit, and names the seconds until midnight', () => {
    const decide = key();
    const atMs = MIDNIGHT_MS - 90_500;
    const verdicts = [1, 2, 3, 4].map(() => decide(3, atMs));
    expect(verdicts.map(({ refusedBy }) => refusedBy)).toEqual([null, null, null, 'day']);
    expect(verdicts[3]).toMatchObject({ retryAfterSeconds: 91, secRemaining: 997 });
    expect(decide(3, atMs + 90_000).retryAfterSeconds).toBe(1);
    expect(decide(3, atMs + 91_000).refusedBy).toBeNull();
  });

  it('never admits more than its limit in a UTC day, nor refuses by a day that has room', () => {
    const gap = fc.oneof(
      fc.integer({ min: 0, max: 1_000 }),
      fc.constantFrom(3_600_000, DAY_MS - 1, DAY_MS, DAY_MS + 1),
    );
    fc.assert(
      fc.property(fc.array(gap), fc.integer({ min: 1, max: 5 }), (gaps, perDay) => {
        const decide = key({ perSecond: 3, perMinute: 60 });
        const admittedOf = new Map<number, number>();
        let nowMs = MIDNIGHT_MS - 2_000;
        for (const passed of gaps) {
          nowMs += passed;
          const { refusedBy } = decide(perDay, nowMs);
          const admitted = admittedOf.get(dayOf(nowMs)) ?? 0;
          if (refusedBy === null) admittedOf.set(dayOf(nowMs), admitted + 1);
          expect(admitted).toBeLessThanOrEqual(refusedBy === null ? perDay - 1 : perDay);
          if (refusedBy === 'day') expect(admitted).toBe(perDay);
        }
      }),
    );
  });

  it('enters a refused request nowhere: neither the day refused by a window, nor a window by the day', () => {
    const narrow = key({ perSecond: 1, perMinute: 100 });
    const startMs = MIDNIGHT_MS - 10_000;
    expect(narrow(2, startMs).refusedBy).toBeNull();
    for (let count = 0; count < 5; count += 1) expect(narrow(2, startMs).refusedBy).toBe('sec');
    expect(narrow(2, startMs + 1_000)).toMatchObject({ refusedBy: null, minRemaining: 98 });
    for (let count = 0; count < 5; count += 1) {
      expect(narrow(2, startMs + 5_000)).toMatchObject({ refusedBy: 'day', minRemaining: 98 });
    }
    expect(narrow(2, MIDNIGHT_MS)).toMatchObject({ refusedBy: null, minRemaining: 97 });
  });

  it('is named before the windows, except when the room of the minute comes after midnight', () => {
    const early = key({ perSecond: 1, perMinute: 1 });
    early(1, MIDNIGHT_MS - 100_000);
    expect(early(1, MIDNIGHT_MS - 100_000)).toMatchObject({
      refusedBy: 'day',
      retryAfterSeconds: 100,
    });
    const late = key({ perSecond: 1, perMinute: 1 });
    late(1, MIDNIGHT_MS - 5_000);
    expect(late(1, MIDNIGHT_MS - 5_000)).toMatchObject({ refusedBy: 'min', retryAfterSeconds: 60 });
    expect(late(1, MIDNIGHT_MS + 55_100).refusedBy).toBeNull();
  });

  it('does not come back when the clock is set back a little, and begins anew when far', () => {
    const day = new DayCount();
    day.at(1, MIDNIGHT_MS).enter();
    expect(day.at(1, MIDNIGHT_MS - 999)).toMatchObject({ isFull: true, leftMs: DAY_MS });
    expect(day.at(1, MIDNIGHT_MS - 3_600_000).isFull).toBe(false);
  });
});
