import { HashBudget } from './hash-budget';

/** Hashes one after the other as soon as the budget lets them, each 25 ms. */
function hashesWithin(budget: HashBudget, fromMs: number, durationMs: number): number {
  let count = 0;
  for (let nowMs = fromMs + 25; nowMs <= fromMs + durationMs; nowMs += 25) {
    nowMs += budget.spend(25, nowMs);
    count++;
  }
  return count;
}

describe('the time that hashing passwords may take', () => {
  it('lets a burst through without a rest', () => {
    const budget = new HashBudget();
    const rests = Array.from({ length: 40 }, (_, index) => budget.spend(25, 1_000 + index));
    expect(rests.every((restMs) => restMs === 0)).toBe(true);
  });

  it('is a twentieth of one processor while passwords are tried without end', () => {
    const budget = new HashBudget();
    hashesWithin(budget, 0, 10_000);
    const count = hashesWithin(budget, 10_000, 60_000);
    expect((count * 25) / 60_000).toBeGreaterThan(0.04);
    expect((count * 25) / 60_000).toBeLessThan(0.065);
  });

  it('is there again as a burst after a quiet time', () => {
    const budget = new HashBudget();
    hashesWithin(budget, 0, 10_000);
    expect(budget.spend(25, 10_000)).toBeGreaterThan(0);
    const rests = Array.from({ length: 30 }, (_, index) => budget.spend(25, 30_000 + index));
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
    expect(budget.spend(60_000, 60_000)).toBeLessThanOrEqual(400);
  });
});
