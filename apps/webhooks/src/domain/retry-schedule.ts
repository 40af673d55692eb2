const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;
/** Pauses after the first failed attempt, the second, and so on: 10 attempts in 75 h 35 m. */
const DELAYS_MS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map(
  (seconds) => seconds * SECOND_MS,
);
const JITTER_SHARE = 0.1;
const JITTER_MS_MIN = 2 * SECOND_MS;
const JITTER_MS_MAX = 900 * SECOND_MS;

/** Attempts of a delivery, the first included. */
export const ATTEMPTS_MAX = DELAYS_MS.length + 1;

/**
 * When a delivery is tried again, Unix milliseconds; null when the schedule is used up. Jitter and the receiver's
 * `Retry-After` only ever delay, and neither changes how many attempts there are.
 * @param attempt how many attempts have been made, the one that failed included
 * @param random 0 to 1
 */
export function nextAttemptAtMs({
  attempt,
  failedAtMs,
  retryAfterMs,
  random,
}: {
  readonly attempt: number;
  readonly failedAtMs: number;
  readonly retryAfterMs: number | null;
  readonly random: number;
}): number | null {
  const baseMs = DELAYS_MS[attempt - 1];
  if (baseMs === undefined) return null;
  const delayMs = Math.max(baseMs, Math.min(retryAfterMs ?? 0, DAY_MS));
  const jitterMs = Math.min(Math.max(JITTER_MS_MIN, delayMs * JITTER_SHARE), JITTER_MS_MAX);
  return failedAtMs + delayMs + Math.floor(random * jitterMs);
}
