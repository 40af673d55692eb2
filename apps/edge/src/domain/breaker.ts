/** So long must a partition be silent before its breaker opens, in milliseconds. */
const BREAKER_SILENCE_MS = 2_000;
const PROBE_INTERVAL_MS = 1_000;

/**
 * Tells a partition whose path is dead from one that is slow (`design.md` section 2, Back-pressure). It opens when the
 * oldest request that is not reported running waits 2 s and the dispatcher sent no reply for the partition for 2 s;
 * open, it lets one request a second through; it closes with the dispatcher's next reply.
 */
export class Breaker {
  private lastReplyAtMs = -Infinity;
  private lastProbeAtMs = -Infinity;
  private open = false;

  get isOpen(): boolean {
    return this.open;
  }

  /** Whether a request may go on to the path at `nowMs`; an open breaker counts it as its probe. */
  admits(nowMs: number): boolean {
    if (!this.open) return true;
    if (nowMs - this.lastProbeAtMs < PROBE_INTERVAL_MS) return false;
    this.lastProbeAtMs = nowMs;
    return true;
  }

  dispatcherReplied(nowMs: number): void {
    this.lastReplyAtMs = nowMs;
    this.open = false;
  }

  /**
   * @param oldestSinceMs since when the oldest request that is not reported running waits, `undefined` without one
   * @returns whether it opened just now
   */
  observe(nowMs: number, oldestSinceMs: number | undefined): boolean {
    if (this.open || oldestSinceMs === undefined) return false;
    const isSilent = nowMs - this.lastReplyAtMs >= BREAKER_SILENCE_MS;
    if (!isSilent || nowMs - oldestSinceMs < BREAKER_SILENCE_MS) return false;
    this.open = true;
    this.lastProbeAtMs = nowMs;
    return true;
  }
}
