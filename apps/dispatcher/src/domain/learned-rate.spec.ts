import { LearnedRate } from './learned-rate';

/** Lets time pass in steps of 20 ms; Meta throttles whatever is above its own limit. */
function live(
  rate: LearnedRate,
  seconds: number,
  from: number,
  metaLimit: number,
  isSaturated = true,
): number {
  let nowMs = from;
  for (; nowMs < from + seconds * 1_000; nowMs += 20) {
    rate.tick(nowMs, isSaturated);
    if (isSaturated && nowMs >= rate.heldUntilMs && rate.perSecond > metaLimit * 1.02) {
      rate.throttled(nowMs);
    }
  }
  return nowMs;
}

describe('the rate of a number', () => {
  it('goes down at once when Meta throttles, and comes back by itself', () => {
    const rate = new LearnedRate(80);
    rate.tick(0, false);
    rate.throttled(0);
    expect(rate.perSecond).toBeCloseTo(56);
    expect(rate.heldUntilMs).toBe(1_000);
    live(rate, 20, 0, 80, false);
    expect(rate.perSecond).toBe(80);
  });

  it('counts the refusals of calls that were under way together once', () => {
    const rate = new LearnedRate(80);
    for (let nowMs = 0; nowMs < 500; nowMs += 10) rate.throttled(nowMs);
    expect(rate.perSecond).toBeCloseTo(56);
  });

  it('pauses longer each time it is throttled again soon, up to a bound', () => {
    const rate = new LearnedRate(80);
    const pauses: number[] = [];
    for (let nowMs = 0; nowMs < 10_000; nowMs += 2_000) {
      rate.throttled(nowMs);
      pauses.push(rate.heldUntilMs - nowMs);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
    expect(rate.perSecond).toBeGreaterThanOrEqual(5);
  });

  it('learns that a number has 20', () => {
    const rate = new LearnedRate(80);
    const nowMs = live(rate, 120, 0, 20);
    live(rate, 30, nowMs, 20);
    expect(rate.perSecond).toBeLessThan(40);
  });

  it('learns that a number has 1,000 when there is demand for it, and not without', () => {
    const wanted = new LearnedRate(80);
    live(wanted, 120, 0, 1_000);
    expect(wanted.perSecond).toBe(1_000);
    const idle = new LearnedRate(80);
    live(idle, 120, 0, 1_000, false);
    expect(idle.perSecond).toBe(80);
  });

  it('falls back to its level when a try above it is throttled, and waits longer before the next', () => {
    const rate = new LearnedRate(80);
    let throttles = 0;
    const original = rate.throttled.bind(rate);
    rate.throttled = (nowMs) => {
      throttles += 1;
      original(nowMs);
    };
    live(rate, 600, 0, 80);
    expect(rate.perSecond).toBeLessThanOrEqual(82);
    expect(throttles).toBeLessThan(10);
  });
});
