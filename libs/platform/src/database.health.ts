import type { DataSource } from 'typeorm';
import type { HealthCheck } from './health';
import { preparedQuery } from './prepared-query';

const INTERVAL_MS = 2_000;
const TIMEOUT_MS = 1_500;

/**
 * Asks the database every 2 s in the background, so that the check itself only looks.
 *
 * @returns the check for the `HealthRegistry`, and how to end it
 */
export function watchDatabase(
  dataSource: DataSource,
  intervalMs = INTERVAL_MS,
): {
  readonly check: HealthCheck;
  stop(): void;
} {
  let reason: string | null = null;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      await preparedQuery(dataSource, {
        name: 'health',
        text: 'select 1',
        values: [],
        timeoutMs: TIMEOUT_MS,
      });
      reason = null;
    } catch {
      reason = 'does not answer';
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void ask(), intervalMs);
  timer.unref();
  return {
    check: () => reason,
    stop: () => {
      clearInterval(timer);
    },
  };
}
