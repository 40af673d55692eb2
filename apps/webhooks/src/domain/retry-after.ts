/** Receivers that may say when to come again. */
const STATUSES: readonly number[] = [429, 503];
const SECONDS_MAX = 2_147_483_647;
const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Milliseconds that the receiver asks to wait, or null. Seconds or a date; what is past, negative, no number, beyond
 * 2^31 or given twice is ignored.
 */
export function retryAfterMs(
  statusCode: number,
  header: string | readonly string[] | undefined,
  nowMs: number,
): number | null {
  if (!STATUSES.includes(statusCode) || typeof header !== 'string') return null;
  const text = header.trim();
  const waitMs = /^\d{1,10}$/.test(text) ? secondsMs(Number(text)) : untilMs(text, nowMs);
  return waitMs > 0 ? waitMs : null;
}

const secondsMs = (seconds: number): number => (seconds <= SECONDS_MAX ? seconds * 1_000 : 0);

const untilMs = (text: string, nowMs: number): number =>
  IMF_FIXDATE.test(text) ? Date.parse(text) - nowMs : 0;
