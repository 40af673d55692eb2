import { HashBudget } from './hash-budget';

/** Hashes without a pause, each 25 ms, in two turns. */
function hashesWithin(budget: HashBudget, fromMs: number, durationMs: number): number {
  let count = 0;
  let [earlier, later] = [fromMs, fromMs];
  for (;;) {
    const endsAtMs = earlier + 25;
    if (endsAtMs > fromMs + durationMs) return count;
    const freeAtMs = endsAtMs + budget.spend(25, endsAtMs);
    [earlier, later] = [Math.min(freeAtMs, later), Math.max(freeAtMs, later)];
    count++;
  }
}

describe('the time that hashing passwords may take', () => {
  it('lets a burst through without a rest', () => {
    const budget = new HashBudget();
    const rests = Array.from({ length: 80 }, (_, index) => budget.spend(25, 1_000 + index));
    expect(rests.every((restMs) => restMs === 0)).toBe(true);
  });

  it('is a tenth of one processor while passwords are tried without end', () => {
    const budget = new HashBudget();
    hashesWithin(budget, 0, 10_000);
    const count = hashesWithin(budget, 10_000, 60_000);
    expect((count * 25) / 60_000).toBeGreaterThan(0.08);
    expect((count * 25) / 60_000).toBeLessThan(0.11);
  });

  it('is there again as a burst after a quiet time', () => {
    const budget = new HashBudget();
    hashesWithin(budget, 0, 10_000);
    expect(budget.spend(25, 10_000)).toBeGreaterThan(0);
    const rests = Array.from({ length: 40 }, (_, index) => budget.spend(25, 30_000 + index));
    expect(rests.every((restMs) => restMs === 0)).toBe(true);
  });

  it('is not more when the clock is set back in between', () => {
    const budget = new HashBudget();
    hashesWithin(budget, 3_600_000, 10_000);
    budget.spend(-3_600_000, 10_000);
    expect(budget.spend(25, 10_025)).toBeGreaterThan(0);
  });

  it('never lets a turn rest for longer than who waits for it is heard', () => {
    const budget = new HashBudget();
    expect(budget.spend(60_000, 60_000)).toBeLessThanOrEqual(1_000);
  });
});
