import { isProduction } from '@gateway/platform';
import { setTimeout as sleep } from 'node:timers/promises';

/** Long enough for a kill to come between two steps. */
const WINDOW_MS = 400;

/** @throws Error in production: a planted bug is for the harness alone */
function refuseInProduction(): void {
  if (isProduction()) throw new Error('a planted bug does not run in production');
}

/** The gap that the bug opens between two steps that belong together. */
export const gap = (): Promise<void> => sleep(WINDOW_MS);

/**
 * Puts a bug around one method of a class of the product. The product knows nothing of it: there is no flag to set and
 * nothing to ask on the hot path.
 */
export function plant<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  bug: (original: T[K]) => T[K],
): void {
  refuseInProduction();
  prototype[name] = bug(prototype[name]);
}
