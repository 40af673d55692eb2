import { nextAttemptAtMs } from './retry-schedule';

/** What a call to a customer came to, as far as it decides what follows. */
export interface CallResult {
  readonly isDelivered: boolean;
  readonly isGone: boolean;
  readonly steering: 'disable' | 'abort-message' | null;
  readonly retryAfterMs: number | null;
}

export interface Verdict {
  readonly state: 'delivered' | 'pending' | 'exhausted';
  /** Until the next attempt; only while pending. */
  readonly delayMs: number;
  /** Why the endpoint gets nothing more. */
  readonly disabling: 'gone' | 'asked_by_receiver' | null;
}

/**
 * @param failures attempts that failed before this one
 * @param random from 0 up to 1
 */
export function verdictOf(result: CallResult, failures: number, random: number): Verdict {
  const asked = result.steering === 'disable' ? 'asked_by_receiver' : null;
  if (result.isDelivered) return { state: 'delivered', delayMs: 0, disabling: asked };
  const disabling = result.isGone ? 'gone' : asked;
  if (disabling !== null) return { state: 'exhausted', delayMs: 0, disabling };
  const { retryAfterMs } = result;
  const delayMs =
    result.steering === 'abort-message'
      ? null
      : nextAttemptAtMs({ attempt: failures + 1, failedAtMs: 0, retryAfterMs, random });
  return delayMs === null
    ? { state: 'exhausted', delayMs: 0, disabling: null }
    : { state: 'pending', delayMs, disabling: null };
}
