import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from './logger';

/** One part of an orderly end; what it is called is what the log says when it fails or hangs. */
export interface ShutdownStep {
  readonly name: string;
  /** After which the next step begins all the same. */
  readonly timeoutMs: number;
  readonly run: () => Promise<unknown>;
}

/**
 * Runs the steps one after the other. One that fails or hangs does not keep the next ones from running: a pool that
 * cannot be closed must not keep the producer from being flushed.
 *
 * @returns whether every step ended well
 */
export async function runShutdown(
  steps: readonly ShutdownStep[],
  logger: Logger,
): Promise<boolean> {
  let isClean = true;
  for (const { name, timeoutMs, run } of steps) {
    try {
      await within(timeoutMs, run);
    } catch (error) {
      isClean = false;
      logger.error({ stage: name, err: error }, 'shutdown.step_failed');
    }
  }
  return isClean;
}

async function within(timeoutMs: number, run: () => Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const late = sleep(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`not done after ${timeoutMs} ms`);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    timer.abort();
    await late.catch(() => undefined);
  }
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Ctrl-C under npm arrives twice at once: from the terminal, and forwarded by npm. People take longer. */
const SAME_SIGNAL_MS = 500;

/**
 * Ends the process in order on the first signal, at once on the second. Status 0 after a clean end, 1 when something of
 * it failed or an error reached nobody, 128 and the signal's number for the second signal.
 */
export function endOnSignals(logger: Logger, stop: (signal: string) => Promise<boolean>): void {
  let stoppingSinceMs: number | undefined;
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (stoppingSinceMs !== undefined) {
        if (nowMs - stoppingSinceMs > SAME_SIGNAL_MS) process.exit(128 + number);
        return;
      }
      stoppingSinceMs = nowMs;
      logger.info({ signal }, 'process.stopping');
      void stop(signal).then((isClean) => process.exit(isClean ? 0 : 1));
    });
  }
}

/** An error that nobody handles leaves the process in a state that nobody thought of: it ends, and is started again. */
export function endOnUnhandledErrors(logger: Logger): void {
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'process.uncaught_exception');
    process.exit(1);
  });
  process.on('unhandledRejection', (error) => {
    logger.fatal({ err: error }, 'process.unhandled_rejection');
    process.exit(1);
  });
}
