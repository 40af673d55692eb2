/** The times of the last sends that were let through: exact for every window of one second. */
export class Throughput {
  private readonly times: Float64Array;
  private next = 0;

  constructor(perSecond: number) {
    this.times = new Float64Array(perSecond).fill(-Infinity);
  }

  /** Whether one more send is within the limit; if so, it is counted. */
  admit(nowMs: number): boolean {
    const oldestMs = this.times[this.next] ?? Infinity;
    if (nowMs - oldestMs < 1_000) return false;
    this.times[this.next] = nowMs;
    this.next = (this.next + 1) % this.times.length;
    return true;
  }
}
