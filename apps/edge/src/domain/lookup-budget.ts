/** A token bucket over look-ups of unknown keys, so that a flood of invented ones does not reach auth. */
export class LookupBudget {
  private tokens: number;
  private filledAtMs = -Infinity;

  /** @param perSecond look-ups a second, and how many at once after a quiet time */
  constructor(private readonly perSecond: number) {
    this.tokens = perSecond;
  }

  take(nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - this.filledAtMs);
    this.tokens = Math.min(this.perSecond, this.tokens + (elapsedMs / 1_000) * this.perSecond);
    this.filledAtMs = nowMs;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}
