import type {
  Batch as KafkaBatch,
  Consumer,
  EachBatchHandler,
  Kafka,
  PartitionAssigner,
} from 'kafkajs';
import type { RecordHeaders, TopicName } from '@gateway/contracts';
import type { Logger } from '@gateway/platform';
import { reasonOf } from './failure';
import type { InboundRecord } from './types';

interface ConsumerRun {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topic: TopicName;
  readonly assigner: PartitionAssigner;
  readonly logger: Logger;
  /** Before the consumer runs. */
  readonly prepare: (consumer: Consumer) => void;
  readonly eachBatch: EachBatchHandler;
  /** The process ends: no further attempt. */
  readonly isOver: () => boolean;
}

/** The longest wait of a fetch that finds nothing, and so of a shutdown and of noticing a rebalance. */
const FETCH_WAIT_MS = 500;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 1_000;

/**
 * Runs a consumer that commits nothing by itself. Resolves when it joined its group, or at the end of the process;
 * tries until the broker and the topic are there.
 */
export async function runConsumer(run: ConsumerRun): Promise<void> {
  for (let pauseMs = PAUSE_MS_MIN; !run.isOver(); pauseMs = longer(pauseMs)) {
    const consumer = run.kafka.consumer({
      groupId: run.groupId,
      partitionAssigners: [run.assigner],
      minBytes: 1,
      maxBytesPerPartition: 262_144,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      sessionTimeout: 6_000,
      heartbeatInterval: 500,
      rebalanceTimeout: 6_000,
      allowAutoTopicCreation: false,
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [run.topic], fromBeginning: true });
      run.prepare(consumer);
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: guarded(run),
      });
      return;
    } catch (error) {
      const { groupId: group, topic, logger } = run;
      logger.warn({ group, topic, reason: reasonOf(error), delayMs: pauseMs }, 'group.not-started');
      await disconnect(consumer, logger);
      await pause(pauseMs);
    }
  }
}

/** kafkajs takes an exception for a crash, some kinds for the end. */
function guarded({ eachBatch, groupId, logger }: ConsumerRun): EachBatchHandler {
  return async (payload) => {
    try {
      await eachBatch(payload);
    } catch (error) {
      logger.error({ group: groupId, err: error }, 'group.batch-not-taken');
    }
  };
}

export async function disconnect(
  client: { disconnect(): Promise<void> },
  logger: Logger,
): Promise<void> {
  try {
    await client.disconnect();
  } catch (error) {
    logger.debug({ reason: reasonOf(error) }, 'kafka.disconnect-failed');
  }
}

/** The records of a fetched batch as handlers get them. */
export function inboundRecords(topic: TopicName, batch: KafkaBatch): InboundRecord[] {
  const { partition, messages } = batch;
  return messages.map(({ offset, timestamp, key, value, headers }) => ({
    topic,
    partition,
    offset: BigInt(offset),
    timestampMs: Number(timestamp),
    key: key?.toString() ?? null,
    value,
    // One value for each name: the decoder is repaired.
    headers: (headers ?? {}) as RecordHeaders,
  }));
}

/** Waits for work that may never end, at most so long. */
export async function within(work: Promise<unknown> | undefined, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}

export const pause = (pauseMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, pauseMs));

export const longer = (pauseMs: number): number => Math.min(pauseMs * 2, PAUSE_MS_MAX);
