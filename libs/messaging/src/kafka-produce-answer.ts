import type { RecordMetadata } from 'kafkajs';
import type { KafkaBrokerClock } from './kafka-broker-clock';
import { isTopicMissing } from './kafka-produce-error';
import type { Entry, TopicQueue } from './kafka-produce-queue';

/** Partitions of a request that the broker did not write, by the protocol's error code; the others are written. */
export class PartitionsRefusedError extends Error {
  override readonly name = 'PartitionsRefusedError';

  constructor(readonly refused: ReadonlyMap<number, readonly Entry[]>) {
    super('the broker refused partitions of a request');
  }
}

/** A partition that the topic does not have: kafkajs leaves its records out without a word. */
export const PARTITION_MISSING = -100;

export interface Answered {
  readonly clock: KafkaBrokerClock;
  readonly owner: { acknowledged(entry: Entry, timestampMs: number): void };
  readonly queueOf: (topic: string) => TopicQueue;
}

/**
 * Reports every record that is written, and teaches the clock the broker's stamps.
 *
 * @throws PartitionsRefusedError naming the rest
 */
export function readAnswers(
  entries: readonly Entry[],
  answers: readonly RecordMetadata[],
  sentAtMs: number,
  answered: Answered,
): void {
  noteStamps(entries, answers, sentAtMs, answered);
  let refused: Map<number, Entry[]> | undefined;
  for (const entry of entries) {
    const stampMs = entry.queue.stamps[entry.partition] ?? NOT_ANSWERED;
    if (stampMs > 0) {
      answered.owner.acknowledged(entry, stampMs);
    } else {
      refused ??= new Map();
      const code = codeOf(stampMs);
      const same = refused.get(code);
      if (same) same.push(entry);
      else refused.set(code, [entry]);
    }
  }
  if (refused) throw new PartitionsRefusedError(refused);
}

/** Leaves the stamp, or the mark of the error code, of each partition at its queue. */
function noteStamps(
  entries: readonly Entry[],
  answers: readonly RecordMetadata[],
  sentAtMs: number,
  { clock, queueOf }: Answered,
): void {
  const receivedAtMs = Date.now();
  for (const { queue, partition } of entries) queue.stamps[partition] = NOT_ANSWERED;
  for (const { topicName, partition, errorCode, logAppendTime } of answers) {
    const stampMs = Number(logAppendTime ?? -1);
    if (stampMs > 0) clock.observe(stampMs, sentAtMs, receivedAtMs);
    const { stamps } = queueOf(topicName);
    if (errorCode !== 0) stamps[partition] = markOf(errorCode);
    else stamps[partition] = stampMs > 0 ? stampMs : clock.nowMs();
  }
}

/** Unknown topic or partition, leader not available, not the leader, storage failed: somebody else leads. */
const STALE_CODES: ReadonlySet<number> = new Set([3, 5, 6, 56, PARTITION_MISSING]);

/** Whether a new client is needed: kafkajs looks up leaders by itself only when a request fails as a whole. */
export const isMetadataStale = (error: unknown): boolean =>
  isTopicMissing(error) ||
  (error instanceof PartitionsRefusedError &&
    [...error.refused.keys()].some((code) => STALE_CODES.has(code)));

/** Codes are small and may be -1: as marks they are below every stamp. */
const MARK_BASE = -1_000;
const markOf = (code: number): number => MARK_BASE - code;
const codeOf = (mark: number): number => MARK_BASE - mark;
const NOT_ANSWERED = markOf(PARTITION_MISSING);
