export const MINUTE_MS = 60_000;
export const BUCKET_MS = 100;

const CAPACITY_MIN = 8;

/**
 * One key's minute in buckets of 100 ms. A bucket counts as long as any of it may lie in the last 60,000 ms, so a
 * request is held at most one bucket too long and never left out too early. At most 601 buckets are alive.
 */
export class MinuteWindow {
  private buckets = new Float64Array(CAPACITY_MIN);
  private counts = new Float64Array(CAPACITY_MIN);
  private head = 0;
  private length = 0;
  private sum = 0;

  /** Requests admitted in the last 60,000 ms, to one bucket. */
  countAt(nowMs: number): number {
    const mask = this.buckets.length - 1;
    while (this.length > 0 && nowMs - endOf(this.buckets[this.head] ?? 0) >= MINUTE_MS) {
      this.sum -= this.counts[this.head] ?? 0;
      this.head = (this.head + 1) & mask;
      this.length -= 1;
    }
    return this.sum;
  }

  /** @param nowMs never earlier than at the call before */
  add(nowMs: number): void {
    const bucket = Math.floor(nowMs / BUCKET_MS);
    const mask = this.buckets.length - 1;
    const last = (this.head + this.length - 1) & mask;
    this.sum += 1;
    if (this.length > 0 && this.buckets[last] === bucket) {
      this.counts[last] = (this.counts[last] ?? 0) + 1;
      return;
    }
    if (this.length === this.buckets.length) this.grow();
    const next = (this.head + this.length) & (this.buckets.length - 1);
    this.buckets[next] = bucket;
    this.counts[next] = 1;
    this.length += 1;
  }

  /** Milliseconds until one more request fits below `limit`, at most the window itself. */
  waitMs(limit: number, nowMs: number): number {
    let left = this.countAt(nowMs);
    if (left < limit) return 0;
    const mask = this.buckets.length - 1;
    for (let index = 0; index < this.length; index += 1) {
      const at = (this.head + index) & mask;
      left -= this.counts[at] ?? 0;
      if (left < limit) {
        return Math.min(endOf(this.buckets[at] ?? 0) + MINUTE_MS - nowMs, MINUTE_MS);
      }
    }
    return MINUTE_MS;
  }

  private grow(): void {
    const buckets = new Float64Array(this.buckets.length * 2);
    const counts = new Float64Array(this.buckets.length * 2);
    const mask = this.buckets.length - 1;
    for (let index = 0; index < this.length; index += 1) {
      buckets[index] = this.buckets[(this.head + index) & mask] ?? 0;
      counts[index] = this.counts[(this.head + index) & mask] ?? 0;
    }
    this.buckets = buckets;
    this.counts = counts;
    this.head = 0;
  }
}

const endOf = (bucket: number): number => (bucket + 1) * BUCKET_MS;
