/** Of one processor, in the long run: some two or three passwords a second. */
const SHARE = 0.05;
/** What may be spent at once before the share counts: some forty passwords. */
const BURST_MS = 1_000;
/** The third who waits must have his turn within 2 s, before the edge gives him up. */
const REST_MAX_MS = 400;

/**
 * The processor time that password hashing may take from everything else. Being tried by many at once it would
 * otherwise take all that a thread can, for as long as it lasts, and the messages would wait.
 */
export class HashBudget {
  private spentMs = 0;
  private atMs = 0;

  /** @returns for how many ms who hashed for `tookMs` rests before the next, 0 while the burst lasts */
  spend(tookMs: number, nowMs: number): number {
    const leakedMs = Math.max(0, nowMs - this.atMs) * SHARE;
    // A clock that was set back meanwhile buys no time.
    const spentMs = Math.max(0, this.spentMs - leakedMs) + Math.max(0, tookMs);
    this.spentMs = Math.min(spentMs, BURST_MS + REST_MAX_MS * SHARE);
    this.atMs = nowMs;
    return Math.max(0, (this.spentMs - BURST_MS) / SHARE);
  }
}
