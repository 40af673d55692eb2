/** What may be above a rate in one second: the burst of a bucket. */
const BURST_SHARE = 0.05;

/** A token bucket that holds a twentieth of a second's worth, so that no second has more than 5 % above the rate. */
export class Pace {
  private tokens: number;
  private updatedMs: number;

  constructor(
    private perSecond: number,
    nowMs: number,
  ) {
    this.tokens = this.burst;
    this.updatedMs = nowMs;
  }

  set ratePerSecond(perSecond: number) {
    this.perSecond = perSecond;
    this.tokens = Math.min(this.tokens, this.burst);
  }

  /** @returns when the next one may go; now or earlier: at once */
  readyAtMs(nowMs: number): number {
    this.refill(nowMs);
    return this.tokens >= 1 ? nowMs : nowMs + ((1 - this.tokens) * 1_000) / this.perSecond;
  }

  take(): void {
    this.tokens -= 1;
  }

  private get burst(): number {
    return Math.max(1, this.perSecond * BURST_SHARE);
  }

  private refill(nowMs: number): void {
    const grown = (Math.max(0, nowMs - this.updatedMs) * this.perSecond) / 1_000;
    this.tokens = Math.min(this.burst, this.tokens + grown);
    this.updatedMs = nowMs;
  }
}
