import type { Kafka, Producer } from 'kafkajs';
import type { Logger } from '@gateway/platform';
import { InvalidRecordError, reasonOf } from './failure';
import type { KafkaBrokerClock } from './kafka-broker-clock';
import {
  PARTITION_MISSING,
  PartitionsRefusedError,
  isMetadataStale,
  readAnswers,
  type Answered,
} from './kafka-produce-answer';
import {
  PartitionMissingError,
  produceFailureOf,
  type ProduceFailure,
} from './kafka-produce-error';
import { protocolError } from './kafka-repairs';
import { failures, requests, sent } from './kafka-produce-metrics';
import { TopicQueue, handOver, type Entry } from './kafka-produce-queue';

export interface ProduceLoopOptions {
  /** In metrics and log lines: `path`, `replies`. */
  readonly name: string;
  readonly kafka: Kafka;
  readonly clock: KafkaBrokerClock;
  readonly logger: Logger;
  /** Partition count of a topic, as the list of topics says. */
  readonly partitionCount: (topic: string) => number;
  readonly requestsMax: number;
}

interface LoopOwner {
  acknowledged(entry: Entry, timestampMs: number): void;
  failed(entry: Entry, error: Error): void;
}

const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 500;
/** While the broker is gone its return is tried with one record, so that the others surely were not sent. */
const PROBE_RECORDS = 1;
const REPORT_AFTER_MS = 1_000;
const ACK_TIMEOUT_MS = 5_000;

/** Takes what waits, request by request, and decides what becomes of a failed one. Nothing rejects into the air. */
export class ProduceLoop {
  private readonly queues = new Map<string, TopicQueue>();
  private readonly inFlight = new Set<readonly Entry[]>();
  /** Of them, over the main connection. */
  private requestsInFlight = 0;
  private main: Producer | undefined;
  private isScheduled = false;
  private isStopped = false;
  private failuresInRow = 0;
  private failingSinceMs = 0;
  private pausedUntilMs = 0;
  private wakeTimer: NodeJS.Timeout | undefined;
  private wakeAtMs = 0;
  private readonly answered: Answered;

  constructor(
    private readonly options: ProduceLoopOptions,
    private readonly owner: LoopOwner,
  ) {
    this.answered = { clock: options.clock, owner, queueOf: (topic) => this.queueOf(topic) };
  }

  /** Rejects when the broker is not there. */
  async connect(): Promise<void> {
    if (this.main) return;
    const producer = this.newProducer();
    await producer.connect();
    this.main = producer;
    this.schedule();
  }

  /** Ends without a look at what waits. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.wakeTimer);
    await this.main?.disconnect();
  }

  /**
   * What could not be written, as long as something waits for it: nothing else is tried, so that a process that gets no
   * work because of what it reports would never find that it can write again.
   */
  problems(): string[] {
    const { name } = this.options;
    const waiting = [...this.queues.values()].filter(({ isEmpty }) => !isEmpty);
    const problems = waiting
      .filter(({ isQuarantined }) => isQuarantined)
      .map(({ topic }) => `topic ${topic} cannot be written`);
    if (!this.main) problems.push(`the ${name} producer is not connected`);
    const isFailing = this.failuresInRow > 0 && (waiting.length > 0 || this.inFlight.size > 0);
    if (isFailing && Date.now() - this.failingSinceMs > REPORT_AFTER_MS) {
      problems.push(`the ${name} producer gets no answer from Kafka`);
    }
    return problems;
  }

  queueOf(topic: string): TopicQueue {
    let queue = this.queues.get(topic);
    if (!queue) {
      queue = new TopicQueue(topic, this.options.partitionCount(topic));
      this.queues.set(topic, queue);
    }
    return queue;
  }

  forEach(visit: (entry: Entry) => void): void {
    for (const entries of this.inFlight) entries.forEach(visit);
    for (const queue of this.queues.values()) queue.forEach(visit);
  }

  /** At the end of the tick, so that what one handler sends goes out together. */
  schedule(): void {
    if (this.isScheduled || this.isStopped) return;
    this.isScheduled = true;
    setImmediate(this.pump);
  }

  private readonly pump = (): void => {
    this.isScheduled = false;
    if (!this.main || this.isStopped) return;
    const now = Date.now();
    for (const queue of this.queues.values()) {
      if (queue.isQuarantined) this.tryAside(queue, now);
    }
    if (now < this.pausedUntilMs) {
      this.wakeAt(this.pausedUntilMs);
      return;
    }
    const requestsMax = this.failuresInRow > 0 ? 1 : this.options.requestsMax;
    while (this.requestsInFlight < requestsMax) {
      const entries = this.nextRequest();
      if (entries.length === 0) return;
      void this.transmit(this.main, entries);
    }
  };

  private nextRequest(): readonly Entry[] {
    const ready: TopicQueue[] = [];
    for (const queue of this.queues.values()) {
      if (queue.isQuarantined || queue.isEmpty) continue;
      if (queue.mustBeAlone) {
        const entries = queue.take(Infinity);
        if (entries.length > 0) return entries;
      }
      ready.push(queue);
    }
    const [first] = ready;
    if (this.failuresInRow === 0) {
      return first && ready.length === 1
        ? first.take(Infinity)
        : ready.flatMap((queue) => queue.take(Infinity));
    }
    const again = ready
      .filter(({ hasFailedBefore }) => hasFailedBefore)
      .flatMap((queue) => queue.take(PROBE_RECORDS));
    return again.length > 0 ? again : (first?.take(PROBE_RECORDS) ?? []);
  }

  private async transmit(producer: Producer, entries: readonly Entry[]): Promise<void> {
    this.inFlight.add(entries);
    this.requestsInFlight += 1;
    try {
      await this.produce(producer, entries);
    } catch (error) {
      this.decide(entries, error);
      if (isMetadataStale(error) && producer === this.main) void this.renew(producer);
    } finally {
      this.requestsInFlight -= 1;
      this.inFlight.delete(entries);
      this.schedule();
    }
  }

  private tryAside(queue: TopicQueue, now: number): void {
    if (queue.isEmpty || queue.isTriedAside) return;
    if (now < queue.pausedUntilMs) {
      this.wakeAt(queue.pausedUntilMs);
      return;
    }
    const entries = queue.take(Infinity);
    if (entries.length > 0) void this.transmitAside(queue, entries);
  }

  /** Over a connection of its own: what it waits for, and what it asks for, concerns no other topic. */
  private async transmitAside(queue: TopicQueue, entries: readonly Entry[]): Promise<void> {
    const aside = this.newProducer();
    queue.isTriedAside = true;
    this.inFlight.add(entries);
    try {
      await aside.connect();
      await this.produce(aside, entries);
      queue.isQuarantined = false;
      queue.failures = 0;
    } catch (error) {
      this.decide(entries, error);
    } finally {
      queue.isTriedAside = false;
      this.inFlight.delete(entries);
      this.schedule();
      await this.disconnect(aside);
    }
  }

  /** kafkajs never forgets a topic: with a new client those that are there can be written again. */
  private async renew(poisoned: Producer): Promise<void> {
    this.main = undefined;
    for (let pauseMs = PAUSE_MS_MIN; !this.isConnected; pauseMs = longer(pauseMs)) {
      try {
        await this.connect();
      } catch (error) {
        this.options.logger.warn({ reason: reasonOf(error) }, 'kafka.reconnect-failed');
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
    await this.disconnect(poisoned);
  }

  private get isConnected(): boolean {
    return this.isStopped || this.main !== undefined;
  }

  private async disconnect(producer: Producer): Promise<void> {
    try {
      await producer.disconnect();
    } catch (error) {
      this.options.logger.debug({ reason: reasonOf(error) }, 'kafka.disconnect-failed');
    }
  }

  private newProducer(): Producer {
    return this.options.kafka.producer({
      idempotent: false,
      allowAutoTopicCreation: false,
      metadataMaxAge: 300_000,
      // A retry of kafkajs repeats what was written together with what failed; ours does not.
      retry: { retries: 0 },
      createPartitioner: () => givenPartition,
    });
  }

  private async produce(producer: Producer, entries: readonly Entry[]): Promise<void> {
    const topicMessages = handOver(entries);
    const sentAtMs = Date.now();
    const answers = await producer.sendBatch({ acks: -1, timeout: ACK_TIMEOUT_MS, topicMessages });
    requests.inc({ producer: this.options.name });
    this.failuresInRow = 0;
    readAnswers(entries, answers, sentAtMs, this.answered);
    sent.inc({ producer: this.options.name }, entries.length);
  }

  /** What becomes of the records that were not written. */
  private decide(entries: readonly Entry[], error: unknown): void {
    if (!(error instanceof PartitionsRefusedError)) {
      this.decideFor(entries, error, false);
      return;
    }
    for (const [code, refused] of error.refused) {
      const cause = code === PARTITION_MISSING ? new PartitionMissingError() : protocolError(code);
      this.decideFor(refused, cause, true);
    }
  }

  /** @param isTheirs the error is of these records alone, not of others in the same request */
  private decideFor(entries: readonly Entry[], error: unknown, isTheirs: boolean): void {
    const failure = produceFailureOf(error);
    failures.inc({ producer: this.options.name, failure });
    const byQueue = new Map<TopicQueue, Entry[]>();
    for (const entry of entries) {
      if (entry.isSettled) continue;
      const same = byQueue.get(entry.queue);
      if (same) same.push(entry);
      else byQueue.set(entry.queue, [entry]);
    }
    if (failure === 'connection') this.pause(error);
    for (const [queue, same] of byQueue) {
      if (failure === 'connection') queue.repeat(same, false);
      else if (isTheirs || byQueue.size === 1) this.decideAlone(queue, same, failure, error);
      else queue.repeat(same, true);
      if (queue.isQuarantined) this.quarantine(queue, error);
    }
  }

  private decideAlone(
    queue: TopicQueue,
    entries: readonly Entry[],
    failure: Exclude<ProduceFailure, 'connection'>,
    error: unknown,
  ): void {
    const [first] = entries;
    if (failure === 'topic') {
      queue.repeat(entries, true);
      queue.isQuarantined = true;
    } else if (first && entries.length === 1) {
      this.owner.failed(first, new InvalidRecordError(reasonOf(error), { cause: error }));
    } else {
      const middle = entries.length >>> 1;
      queue.repeat(entries.slice(middle), true);
      queue.repeat(entries.slice(0, middle), true);
    }
  }

  private quarantine(queue: TopicQueue, error: unknown): void {
    const { logger } = this.options;
    if (queue.failures === 0) {
      logger.error({ topic: queue.topic, reason: reasonOf(error) }, 'kafka.topic-not-writable');
    }
    queue.failures += 1;
    queue.pausedUntilMs = Date.now() + pauseOf(queue.failures);
  }

  /** Requests that fail together count once. */
  private pause(error: unknown): void {
    const now = Date.now();
    if (now < this.pausedUntilMs) return;
    if (this.failuresInRow === 0) {
      this.failingSinceMs = now;
      const { logger, name } = this.options;
      logger.warn({ component: name, reason: reasonOf(error) }, 'kafka.produce-failed');
    }
    this.failuresInRow += 1;
    this.pausedUntilMs = now + pauseOf(this.failuresInRow);
  }

  private wakeAt(timeMs: number): void {
    if (this.wakeTimer && this.wakeAtMs <= timeMs) return;
    clearTimeout(this.wakeTimer);
    this.wakeAtMs = timeMs;
    this.wakeTimer = setTimeout(
      () => {
        this.wakeTimer = undefined;
        this.pump();
      },
      Math.max(1, timeMs - Date.now()),
    );
  }
}

const givenPartition = ({ message }: { message: { partition?: number } }): number =>
  message.partition ?? 0;

const pauseOf = (failuresInRow: number): number =>
  Math.min(PAUSE_MS_MIN * 2 ** (failuresInRow - 1), PAUSE_MS_MAX);

const longer = (pauseMs: number): number => Math.min(pauseMs * 2, PAUSE_MS_MAX);
