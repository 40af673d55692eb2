import { setTimeout as sleep } from 'node:timers/promises';

const TIMEOUT_MS = 20_000;
const POLL_MS = 10;

/** What has not come yet: the look is taken again. */
type NotYet = undefined | null | false;

/**
 * Waits for a condition, never for a time: gives what the look found once it is neither undefined, null nor false.
 * @throws Error with the text of the look when it found nothing in time.
 */
export async function until<T>(
  look: () => T | NotYet | Promise<T | NotYet>,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    if (performance.now() > deadlineMs)
      throw new Error(`not within ${timeoutMs} ms: ${look.toString()}`);
    await sleep(POLL_MS);
  }
}
