import fc from 'fast-check';
import { AgingMap } from './aging-map';

describe('the map that forgets by age', () => {
  it('keeps every entry as long as asked', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      keepMs: fc.integer({ min: 1, max: 3_000 }),
      gapMs: fc.integer({ min: 0, max: 1_500 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const map = new AgingMap<number>(500);
        const kept = new Map<string, { value: number; untilMs: number }>();
        let nowMs = 0;
        steps.forEach(({ key, keepMs, gapMs }, value) => {
          nowMs += gapMs;
          map.set(key, value, keepMs, nowMs);
          kept.set(key, { value, untilMs: nowMs + keepMs });
          for (const [each, { value: newest, untilMs }] of kept) {
            if (untilMs > nowMs) expect(map.get(each)).toBe(newest);
          }
        });
      }),
    );
  });

  it('makes one value for a key and keeps it from its last touch on', () => {
    const map = new AgingMap<object>(1_000);
    const first = map.touch('key', 3_000, 0, () => ({}));
    for (let nowMs = 0; nowMs <= 60_000; nowMs += 700) {
      expect(map.touch('key', 3_000, nowMs, () => ({}))).toBe(first);
      expect(map.size).toBe(1);
    }
  });

  it('forgets what is idle, whatever comes meanwhile', () => {
    const map = new AgingMap<number>(1_000);
    for (let count = 0; count < 100_000; count += 1) {
      map.set(`id ${count}`, count, 5_000, count);
      if (count > 10_000) expect(map.size).toBeLessThanOrEqual(7_001);
    }
    expect(map.get('id 90000')).toBeUndefined();
  });
});
