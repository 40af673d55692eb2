const SECOND_MS = 1_000;

const CAPACITY_MIN = 8;

/**
 * The exact log of one key's second: every admitted time of the last 1,000 ms, in a ring that grows with what is in
 * it. A time leaves when 1,000 ms have passed since it, so no window `[t, t + 1000)` ever holds more than the limit.
 */
export class SecondWindow {
  private times = new Float64Array(CAPACITY_MIN);
  private head = 0;
  private count = 0;

  /** Requests admitted in the last 1,000 ms. */
  countAt(nowMs: number): number {
    const mask = this.times.length - 1;
    while (this.count > 0 && nowMs - (this.times[this.head] ?? 0) >= SECOND_MS) {
      this.head = (this.head + 1) & mask;
      this.count -= 1;
    }
    return this.count;
  }

  /** @param nowMs never earlier than at the call before */
  add(nowMs: number): void {
    if (this.count === this.times.length) this.grow();
    this.times[(this.head + this.count) & (this.times.length - 1)] = nowMs;
    this.count += 1;
  }

  /** Milliseconds until one more request fits below `limit`, at most the window itself. */
  waitMs(limit: number, nowMs: number): number {
    const count = this.countAt(nowMs);
    if (count < limit) return 0;
    if (limit === 0) return SECOND_MS;
    const leaving = this.times[(this.head + count - limit) & (this.times.length - 1)] ?? nowMs;
    return leaving + SECOND_MS - nowMs;
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2);
    for (let index = 0; index < this.count; index += 1) {
      times[index] = this.times[(this.head + index) & (this.times.length - 1)] ?? 0;
    }
    this.times = times;
    this.head = 0;
  }
}
