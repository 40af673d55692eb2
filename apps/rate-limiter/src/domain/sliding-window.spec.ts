import fc from 'fast-check';
import { MinuteWindow } from './minute-window';
import { SecondWindow } from './second-window';
import { SlidingWindow } from './sliding-window';

const START_MS = 1_790_000_000_000;

/** Gaps between requests that lie where the windows' edges are, and anywhere. */
const gapMs = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 6, arbitrary: fc.double({ min: 0, max: 30, noNaN: true }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(0.25, 1, 99.75, 100, 499.5, 500, 999.75, 1_000, 1_000.25),
  },
  { weight: 1, arbitrary: fc.constantFrom(5_000, 59_900, 59_999.75, 60_000, 60_100) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 61_000, noNaN: true }) },
);
const limits = fc.record({
  perSecond: fc.integer({ min: 0, max: 12 }),
  perMinute: fc.integer({ min: 0, max: 40 }),
});
const gaps = fc.array(gapMs, { maxLength: 300 });

function timesOf(gapsMs: readonly number[]): number[] {
  let nowMs = START_MS;
  return gapsMs.map((gap) => (nowMs += gap));
}

/** The promise, counted the slow way: how many of the times lie in the window of this length that begins with each. */
function mostInAWindow(times: readonly number[], lengthMs: number): number {
  return Math.max(
    0,
    ...times.map((from) => times.filter((at) => at >= from && at - from < lengthMs).length),
  );
}

const inLastSecond = (admitted: readonly number[], nowMs: number): number =>
  admitted.filter((at) => nowMs - at < 1_000).length;
const inLastMinuteOfBuckets = (admitted: readonly number[], nowMs: number): number =>
  admitted.filter((at) => nowMs - (Math.floor(at / 100) + 1) * 100 < 60_000).length;

describe('the sliding window of a key', () => {
  it('never admits more than the limits in any 1,000 ms and any 60,000 ms', () => {
    fc.assert(
      fc.property(limits, gaps, (limit, gapsMs) => {
        const window = new SlidingWindow();
        const admitted = timesOf(gapsMs).filter(
          (nowMs) => window.decide(limit, nowMs).refusedBy === null,
        );
        expect(mostInAWindow(admitted, 1_000)).toBeLessThanOrEqual(limit.perSecond);
        expect(mostInAWindow(admitted, 60_000)).toBeLessThanOrEqual(limit.perMinute);
      }),
      { numRuns: 300 },
    );
  });

  it('decides as a list of all admitted times would, also while the limits change', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(gapMs, limits), { maxLength: 300 }), (steps) => {
        const window = new SlidingWindow();
        const admitted: number[] = [];
        let nowMs = START_MS;
        let limit = { perSecond: 5, perMinute: 20 };
        steps.forEach(([gap, changed], index) => {
          nowMs += gap;
          if (index % 50 === 0) limit = changed;
          const second = inLastSecond(admitted, nowMs);
          const minute = inLastMinuteOfBuckets(admitted, nowMs);
          const refusedBy =
            minute >= limit.perMinute ? 'min' : second >= limit.perSecond ? 'sec' : null;
          if (refusedBy === null) admitted.push(nowMs);
          const entered = refusedBy === null ? 1 : 0;
          expect(window.decide(limit, nowMs)).toMatchObject({
            refusedBy,
            secRemaining: Math.max(0, limit.perSecond - second - entered),
            minRemaining: Math.max(0, limit.perMinute - minute - entered),
          });
        });
      }),
      { numRuns: 300 },
    );
  });

  it('holds a request in the minute at most one bucket of 100 ms too long', () => {
    fc.assert(
      fc.property(limits, gaps, (limit, gapsMs) => {
        const window = new SlidingWindow();
        const admitted: number[] = [];
        for (const nowMs of timesOf(gapsMs)) {
          const { refusedBy } = window.decide(limit, nowMs);
          if (refusedBy === null) admitted.push(nowMs);
          if (refusedBy === 'min') {
            const held = admitted.filter((at) => nowMs - at < 60_100).length;
            expect(held).toBeGreaterThanOrEqual(limit.perMinute);
          }
        }
      }),
    );
  });

  it('enters a refused request in neither window', () => {
    const window = new SlidingWindow();
    const limit = { perSecond: 2, perMinute: 3 };
    for (let count = 0; count < 2; count += 1) window.decide(limit, START_MS);
    for (let count = 0; count < 50; count += 1) {
      expect(window.decide(limit, START_MS + 500).refusedBy).toBe('sec');
    }
    expect(window.decide(limit, START_MS + 1_000)).toMatchObject({
      refusedBy: null,
      minRemaining: 0,
    });
    for (let count = 0; count < 50; count += 1) {
      expect(window.decide(limit, START_MS + 2_000).refusedBy).toBe('min');
    }
    expect(window.decide(limit, START_MS + 60_100).refusedBy).toBeNull();
  });

  it('names a wait after which there is room, never longer than the window', () => {
    fc.assert(
      fc.property(limits, gaps, (limit, gapsMs) => {
        const second = new SecondWindow();
        const minute = new MinuteWindow();
        for (const nowMs of timesOf(gapsMs)) {
          const secondMs = second.waitMs(limit.perSecond, nowMs);
          const minuteMs = minute.waitMs(limit.perMinute, nowMs);
          expect(secondMs).toBeLessThanOrEqual(1_000);
          expect(minuteMs).toBeLessThanOrEqual(60_000);
          if (secondMs === 0 && limit.perSecond > 0) second.add(nowMs);
          if (minuteMs === 0 && limit.perMinute > 0) minute.add(nowMs);
        }
      }),
    );
    const window = new SlidingWindow();
    const limit = { perSecond: 10, perMinute: 2 };
    window.decide(limit, START_MS);
    window.decide(limit, START_MS + 30_000);
    const { retryAfterSeconds } = window.decide(limit, START_MS + 45_000);
    expect(retryAfterSeconds).toBe(16);
    expect(window.decide(limit, START_MS + 61_000).refusedBy).toBeNull();
  });

  it('names at least one second and at most the window', () => {
    fc.assert(
      fc.property(limits, gaps, (limit, gapsMs) => {
        const window = new SlidingWindow();
        for (const nowMs of timesOf(gapsMs)) {
          const { refusedBy, retryAfterSeconds } = window.decide(limit, nowMs);
          if (refusedBy === null) expect(retryAfterSeconds).toBe(0);
          else {
            expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
            expect(retryAfterSeconds).toBeLessThanOrEqual(refusedBy === 'sec' ? 1 : 60);
          }
        }
      }),
    );
  });

  it('takes a thousand a second as exactly as eighty', () => {
    const window = new SlidingWindow();
    const limit = { perSecond: 1_000, perMinute: 60_000 };
    const admitted: number[] = [];
    for (let step = 0; step < 30_000; step += 1) {
      const nowMs = START_MS + step * 0.25;
      if (window.decide(limit, nowMs).refusedBy === null) admitted.push(nowMs);
    }
    expect(admitted).toHaveLength(8_000);
    for (let index = 1_000; index < admitted.length; index += 1) {
      expect((admitted[index] ?? 0) - (admitted[index - 1_000] ?? 0)).toBeGreaterThanOrEqual(1_000);
    }
  });
});
