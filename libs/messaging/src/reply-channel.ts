import { TOPICS, decodeReply, encodeReply, type Reply } from '@gateway/contracts';
import { metrics, type Logger } from '@gateway/platform';
import { kafkaPartitionOf } from './kafka-partition';
import type { Transport } from './transport';
import type { InboundRecord, OutboundRecord, ReplyChannel } from './types';

const dropped = metrics.counter({
  name: 'gw_replies_dropped_total',
  help: 'Replies that were not sent because nobody waited for them any more.',
});

/** The reply partition of a process, shared by all services in it. */
export class TransportReplyChannel implements ReplyChannel {
  readonly partition: number;
  private readonly listeners = new Map<string, (reply: Reply) => void>();
  private pending: OutboundRecord[] = [];
  private pendingExpiresAtMs = 0;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly logger: Logger,
  ) {
    this.partition = kafkaPartitionOf(transport.instanceName, TOPICS['replies.v1'].partitions);
  }

  /** Starts to read the partition of this process, once; resolves when replies arrive. */
  read(): Promise<void> {
    this.reading ??= this.transport.readPartition('replies.v1', this.partition, (records) => {
      for (const record of records) this.receive(record);
    });
    return this.reading;
  }

  send(partition: number, id: string, reply: Reply, expiresAtMs: number): void {
    if (expiresAtMs < this.transport.brokerClock.nowMs()) {
      dropped.inc();
      return;
    }
    const { headers, value } = encodeReply(reply);
    // What one handler answers in a row goes out as one produce.
    if (this.pending.push({ topic: 'replies.v1', key: id, partition, value, headers }) === 1) {
      queueMicrotask(() => {
        this.flush();
      });
    }
    this.pendingExpiresAtMs = Math.max(this.pendingExpiresAtMs, expiresAtMs);
  }

  listen(id: string, onReply: (reply: Reply) => void): () => void {
    this.listeners.set(id, onReply);
    return () => {
      if (this.listeners.get(id) === onReply) this.listeners.delete(id);
    };
  }

  private flush(): void {
    const records = this.pending;
    const deadlineMs = this.pendingExpiresAtMs - this.transport.brokerClock.offsetMs;
    this.pending = [];
    this.pendingExpiresAtMs = 0;
    this.transport.replyProducer.sendAll(records, { deadlineMs }).catch((error: unknown) => {
      dropped.inc(records.length);
      this.logger.warn({ err: error, records: records.length }, 'replies.dropped');
    });
  }

  private receive({ key, headers, value }: InboundRecord): void {
    const onReply = key === null ? undefined : this.listeners.get(key);
    if (!onReply) return;
    const reply = decodeReply(headers, value);
    if (!reply) {
      this.logger.warn({ topic: 'replies.v1' }, 'reply.malformed');
      return;
    }
    try {
      onReply(reply);
    } catch (error) {
      this.logger.error({ err: error }, 'reply.handler-failed');
    }
  }
}
