import type { GroupName, TopicName } from '@gateway/contracts';
import type { BrokerClock, InboundRecord, RecordProducer, TableReader } from './types';

/** What carries the records: Apache Kafka, or the in-process broker of the standalone profile. */
export interface Transport {
  readonly kind: 'kafka' | 'memory';
  /** Name of this process, unique and the same after a restart; the partition of its replies follows from it. */
  readonly instanceName: string;
  /** Partition count of every path topic. */
  readonly pathPartitions: number;
  /** Partition of the path topics that a key belongs to; the same function on both transports' own topics. */
  partitionOf(key: string): number;
  /** Producer of the path. */
  readonly producer: RecordProducer;
  /** Replies go out in requests of their own, so that a slow path topic holds up no answer. */
  readonly replyProducer: RecordProducer;
  readonly brokerClock: BrokerClock;
  readonly tables: TableReader;
  /** Reads one partition from its end, in a group of this process alone, committing nothing. */
  readPartition(
    topic: TopicName,
    partition: number,
    onRecords: (records: readonly InboundRecord[]) => void,
  ): Promise<void>;
  /** Writes a record that could not be handled, raw bytes and why; resolves when it is acknowledged. */
  deadLetter(group: GroupName, record: InboundRecord, reason: string): Promise<void>;
  /** Why the process should not get work now; empty when all is well. */
  problems(): readonly string[];
  /** Repeated calls do nothing more: each service of a process may ask for it. */
  connect(): Promise<void>;
  /** Repeated calls do nothing more. */
  close(): Promise<void>;
}
