const RETRY_FOR_MS = 1_000;
/** What an attempt gets at least, also when the outage has lasted longer than the time for retries. */
const ATTEMPT_MS_MIN = 250;
const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 200;

/**
 * How long a batch waits for a store that is gone. The time runs from the first failure, over all batches: while the
 * outage lasts, each later batch tries once and is refused at once, so that refusals keep up with what arrives.
 */
export class Outage {
  private sinceMs: number | undefined;

  /** What the next attempt may take. */
  attemptMs(nowMs: number): number {
    if (this.sinceMs === undefined) return RETRY_FOR_MS;
    return Math.max(this.sinceMs + RETRY_FOR_MS - nowMs, ATTEMPT_MS_MIN);
  }

  /**
   * Notes a failed attempt.
   *
   * @param attempt number of failed attempts of this batch, from 1
   * @param startedMs when the attempt began
   * @returns the pause before the next attempt in milliseconds, null when the time is over
   */
  failed(nowMs: number, attempt: number, startedMs: number): number | null {
    this.sinceMs ??= startedMs;
    const pauseMs = Math.min(PAUSE_MS_MIN * 2 ** (attempt - 1), PAUSE_MS_MAX);
    return nowMs + pauseMs >= this.sinceMs + RETRY_FOR_MS ? null : pauseMs;
  }

  ended(): void {
    this.sinceMs = undefined;
  }
}
