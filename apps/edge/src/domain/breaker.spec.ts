import { Breaker } from './breaker';

const T0 = Date.UTC(2026, 0, 1);

describe('Breaker', () => {
  it('opens when the oldest silent request waits 2 s and no reply of the dispatcher came for 2 s', () => {
    const breaker = new Breaker();
    expect(breaker.observe(T0 + 1_999, T0)).toBe(false);
    expect(breaker.admits(T0 + 1_999)).toBe(true);
    expect(breaker.observe(T0 + 2_000, T0)).toBe(true);
    expect(breaker.admits(T0 + 2_000)).toBe(false);
  });

  it('stays closed for a slow request while the dispatcher answers others', () => {
    const breaker = new Breaker();
    for (let at = 500; at <= 9_000; at += 500) {
      breaker.dispatcherReplied(T0 + at);
      expect(breaker.observe(T0 + at + 499, T0)).toBe(false);
    }
    expect(breaker.observe(T0 + 10_999, T0)).toBe(false);
    expect(breaker.observe(T0 + 11_000, T0)).toBe(true);
  });

  it('stays closed while nothing silent waits, however long nobody replies', () => {
    const breaker = new Breaker();
    expect(breaker.observe(T0 + 60_000, undefined)).toBe(false);
    expect(breaker.observe(T0 + 60_000, T0 + 58_001)).toBe(false);
  });

  it('open, lets one request a second through and closes with the next reply', () => {
    const breaker = new Breaker();
    breaker.observe(T0 + 2_000, T0);
    const admitted = Array.from({ length: 40 }, (_, step) => T0 + 2_000 + step * 100).filter((at) =>
      breaker.admits(at),
    );
    expect(admitted).toEqual([T0 + 3_000, T0 + 4_000, T0 + 5_000]);
    breaker.dispatcherReplied(T0 + 6_000);
    expect(breaker.isOpen).toBe(false);
    expect([breaker.admits(T0 + 6_000), breaker.admits(T0 + 6_000)]).toEqual([true, true]);
  });
});
