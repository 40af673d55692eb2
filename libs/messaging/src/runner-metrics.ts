import type { GroupName } from '@gateway/contracts';
import { metrics, type Logger } from '@gateway/platform';
import type { BatchRunner, HandledTopic, RunnerEvents } from './batch-runner';
import type { InboundRecord } from './types';

const batchRecords = metrics.histogram({
  name: 'gw_batch_records',
  help: 'Records that one call of a handler got.',
  labels: ['group'],
  buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
});
const retries = metrics.counter({
  name: 'gw_handler_retries_total',
  help: 'Calls of a handler that are repeated because a store or the broker was gone.',
  labels: ['group'],
});
const deadLetters = metrics.counter({
  name: 'gw_dead_letters_total',
  help: 'Records that could not be handled.',
  labels: ['group'],
});
const lagSeconds = metrics.gauge({
  name: 'gw_consumer_lag_seconds',
  help: 'Age of the oldest record that is taken and not finished.',
  labels: ['group'],
});

const LAG_INTERVAL_MS = 1_000;
/** A store that is gone fails every call: the log says so this often for each group. */
const RETRY_LOG_INTERVAL_MS = 5_000;

/** Counts and logs what the runners of a process report. */
export class RunnerMetrics implements RunnerEvents {
  private readonly retryLoggedAtMs = new Map<GroupName, number>();

  constructor(private readonly logger: Logger) {}

  called({ options }: HandledTopic, recordCount: number): void {
    batchRecords.observe({ group: options.group }, recordCount);
  }

  retried({ topic, options: { group } }: HandledTopic, error: unknown, pauseMs: number): void {
    retries.inc({ group });
    const nowMs = Date.now();
    if (nowMs - (this.retryLoggedAtMs.get(group) ?? 0) < RETRY_LOG_INTERVAL_MS) return;
    this.retryLoggedAtMs.set(group, nowMs);
    this.logger.warn({ err: error, topic, group, delayMs: pauseMs }, 'batch.retried');
  }

  deadLettered(
    { options: { group } }: HandledTopic,
    { topic, partition, offset }: InboundRecord,
    why: unknown,
  ): void {
    deadLetters.inc({ group });
    const cause = typeof why === 'string' ? { reason: why } : { err: why };
    this.logger.error({ ...cause, group, topic, partition, offset }, 'record.dead-lettered');
  }

  journeyNotEnded(
    { options: { group } }: HandledTopic,
    { topic, partition, offset }: InboundRecord,
    error: unknown,
  ): void {
    this.logger.error({ err: error, group, topic, partition, offset }, 'record.journey-not-ended');
  }
}

/**
 * Shows the lag of runners until the returned function is called.
 *
 * @param nowMs the broker's time, as the stamps of the records are
 */
export function showLag(runners: () => Iterable<BatchRunner>, nowMs: () => number): () => void {
  const timer = setInterval(() => {
    for (const { handled, oldestTimestampMs } of runners()) {
      const ageMs = oldestTimestampMs === undefined ? 0 : Math.max(0, nowMs() - oldestTimestampMs);
      lagSeconds.set({ group: handled.options.group }, ageMs / 1_000);
    }
  }, LAG_INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
