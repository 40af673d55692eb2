import type { TopicName } from '@gateway/contracts';
import type { Clock } from '@gateway/platform';
import { ProduceExpiredError } from './failure';
import type { MemoryTopic } from './memory-topic';
import type { Acknowledgement, InboundRecord, OutboundRecord, RecordProducer } from './types';

interface Waiting {
  readonly topic: MemoryTopic;
  records: readonly OutboundRecord[];
  readonly deadlineMs: number;
  readonly resolve: (appended: readonly InboundRecord[]) => void;
  readonly reject: (error: unknown) => void;
}

interface ProducerOptions {
  readonly topicOf: (name: TopicName) => MemoryTopic;
  readonly clock: Clock;
}

/** Appends at once while there is room; else the records wait here, in order, until a handler has made some. */
export class MemoryProducer implements RecordProducer {
  private readonly waiting = new Map<MemoryTopic, Waiting[]>();
  private isClosed = false;
  queued = 0;

  constructor(private readonly options: ProducerOptions) {}

  async send(
    record: OutboundRecord,
    options?: { readonly deadlineMs?: number },
  ): Promise<Acknowledgement> {
    const topic = this.options.topicOf(record.topic);
    const deadlineMs = options?.deadlineMs ?? Infinity;
    const appending = this.append(topic, [record], deadlineMs);
    const [appended] = appending instanceof Promise ? await appending : appending;
    if (!appended) throw new ProduceExpiredError(false);
    const finished = topic.whenFinished([appended]);
    if (finished) await this.within(deadlineMs, finished);
    return { partition: appended.partition, timestampMs: appended.timestampMs };
  }

  async sendAll(
    records: readonly OutboundRecord[],
    options?: { readonly deadlineMs?: number },
  ): Promise<void> {
    const deadlineMs = options?.deadlineMs ?? Infinity;
    const open: Promise<unknown>[] = [];
    let isHandedOver = false;
    for (const [name, ofTopic] of byTopic(records)) {
      const topic = this.options.topicOf(name);
      const appending = this.append(topic, ofTopic, deadlineMs);
      if (appending instanceof Promise) {
        open.push(appending.then((appended) => topic.whenFinished(appended)));
      } else {
        isHandedOver = true;
        const finished = topic.whenFinished(appending);
        if (finished) open.push(finished);
      }
    }
    if (open.length === 0) return;
    try {
      await this.within(deadlineMs, Promise.all(open));
    } catch (error) {
      throw isHandedOver ? new ProduceExpiredError(true, { cause: error }) : error;
    }
  }

  takeBack(record: OutboundRecord): boolean {
    for (const entries of this.waiting.values()) {
      const entry = entries.find(({ records }) => records.includes(record));
      if (entry) {
        entry.records = entry.records.filter((other) => other !== record);
        this.queued -= 1;
        if (entry.records.length === 0) this.drop(entry, new ProduceExpiredError(false));
        return true;
      }
    }
    return false;
  }

  /** Gives up what still waits. */
  close(): void {
    this.isClosed = true;
    for (const entry of [...this.waiting.values()].flat()) {
      this.drop(entry, new ProduceExpiredError(false));
    }
  }

  private append(
    topic: MemoryTopic,
    records: readonly OutboundRecord[],
    deadlineMs: number,
  ): readonly InboundRecord[] | Promise<readonly InboundRecord[]> {
    if (this.isClosed) throw new ProduceExpiredError(false);
    if (!topic.isFull && !this.waiting.has(topic)) return topic.append(records);
    return new Promise((resolve, reject) => {
      this.wait({ topic, records, deadlineMs, resolve, reject });
    });
  }

  private wait(entry: Waiting): void {
    const { topic, deadlineMs, records } = entry;
    const entries = this.waiting.get(topic);
    if (entries) {
      entries.push(entry);
    } else {
      this.waiting.set(topic, [entry]);
      this.awaitRoom(topic);
    }
    this.queued += records.length;
    if (deadlineMs === Infinity) return;
    setTimeout(
      () => {
        this.drop(entry, new ProduceExpiredError(false));
      },
      Math.max(0, deadlineMs - this.options.clock.nowMs()),
    ).unref();
  }

  private awaitRoom(topic: MemoryTopic): void {
    topic.onRoom(() => {
      const entries = this.waiting.get(topic) ?? [];
      while (entries.length > 0 && !topic.isFull) {
        const entry = entries.shift();
        if (!entry) break;
        this.queued -= entry.records.length;
        try {
          entry.resolve(topic.append(entry.records));
        } catch (error) {
          entry.reject(error);
        }
      }
      if (entries.length === 0) this.waiting.delete(topic);
      else this.awaitRoom(topic);
    });
  }

  private drop(entry: Waiting, error: ProduceExpiredError): void {
    const entries = this.waiting.get(entry.topic);
    const index = entries?.indexOf(entry) ?? -1;
    if (index < 0) return;
    entries?.splice(index, 1);
    this.queued -= entry.records.length;
    entry.reject(error);
  }

  /** @throws ProduceExpiredError when the deadline comes first: the records are in the log */
  private async within(deadlineMs: number, finished: Promise<unknown>): Promise<void> {
    if (deadlineMs === Infinity) {
      await finished;
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => {
          reject(new ProduceExpiredError(true));
        },
        Math.max(0, deadlineMs - this.options.clock.nowMs()),
      );
    });
    try {
      await Promise.race([finished, expired]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Records by topic, in order; mostly it is one topic. */
function byTopic(
  records: readonly OutboundRecord[],
): Iterable<readonly [TopicName, readonly OutboundRecord[]]> {
  const [first] = records;
  if (!first) return [];
  if (records.every(({ topic }) => topic === first.topic)) return [[first.topic, records]];
  const lists = new Map<TopicName, OutboundRecord[]>();
  for (const record of records) {
    const list = lists.get(record.topic);
    if (list) list.push(record);
    else lists.set(record.topic, [record]);
  }
  return lists;
}
