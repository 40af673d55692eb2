import type { Batch, Kafka } from 'kafkajs';
import FetchedBatch from 'kafkajs/src/consumer/batch';
import type { TopicName } from '@gateway/contracts';
import type { FetchRequest } from './kafka-fetch-encoder';

/** Where the records of a partition begin and end: of the first one, and of the next one that will be written. */
export interface LogBounds {
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** A broker, and the partitions that it leads. */
export interface Leader {
  readonly nodeId: string;
  readonly partitions: readonly number[];
}

/** What kafkajs connects to, by its inside: it has no way to read a topic without a group. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findBroker(of: { readonly nodeId: string }): Promise<Broker>;
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number }[];
  findLeaderForPartitions(
    topic: string,
    partitions: readonly number[],
  ): Readonly<Record<string, readonly number[]>>;
  fetchTopicsOffset(
    topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number }[];
      readonly fromBeginning: boolean;
    }[],
  ): Promise<readonly { readonly partitions: readonly PartitionOffset[] }[]>;
}

interface Broker {
  fetch(
    request: Pick<FetchRequest, 'maxWaitTime' | 'topics'>,
  ): Promise<{ readonly responses: readonly { readonly partitions: readonly Fetched[] }[] }>;
}

interface PartitionOffset {
  readonly partition: number;
  readonly offset: string;
}

interface Fetched {
  readonly partition: number;
}

/** A batch, and all records of the answer, those too that compaction or a transaction hides. */
export type RawBatch = Batch & { readonly rawMessages: readonly unknown[] };

const NewBatch = FetchedBatch as new (topic: string, fetched: string, part: Fetched) => RawBatch;

/** The longest wait of a fetch that finds nothing, and so of noticing that a leader has moved. */
const FETCH_WAIT_MS = 500;
/** Of the largest topic all partitions together stay under what one answer may hold, so none is left out of it. */
const PARTITION_BYTES_MAX = 262_144;

/** The connections to read one topic without a group; broken once, it is not mended but opened anew. */
export class KafkaLog {
  private constructor(
    private readonly cluster: Cluster,
    private readonly topic: TopicName,
    private readonly partitions: readonly number[],
  ) {}

  /** Rejects when the broker or the topic is not there. */
  static async open(kafka: Kafka, topic: TopicName, partition?: number): Promise<KafkaLog> {
    const cluster = newCluster(kafka);
    try {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      const all = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      const wanted = all.filter((each) => partition === undefined || each === partition);
      if (wanted.length === 0) throw new Error(`${topic} has no such partition`);
      return new KafkaLog(cluster, topic, wanted);
    } catch (error) {
      await cluster.disconnect();
      throw error;
    }
  }

  async bounds(): Promise<LogBounds[]> {
    const [lows, highs] = await Promise.all([this.offsets(true), this.offsets(false)]);
    return this.partitions.map((partition) => ({
      partition,
      low: lows.get(partition) ?? 0n,
      high: highs.get(partition) ?? 0n,
    }));
  }

  /** Partitions by the broker that leads them, as it was known when the log was opened or refreshed. */
  leaders(): readonly Leader[] {
    const leaders = this.cluster.findLeaderForPartitions(this.topic, this.partitions);
    return Object.entries(leaders).map(([nodeId, partitions]) => ({ nodeId, partitions }));
  }

  /**
   * What one broker has from these offsets on; it holds its answer back for a while when that is nothing.
   *
   * @throws when the broker has gone, leads a partition no more, or has nothing at an offset any more
   */
  async fetch(nodeId: string, positions: ReadonlyMap<number, bigint>): Promise<RawBatch[]> {
    const broker = await this.cluster.findBroker({ nodeId });
    const partitions = [...positions].map(([partition, position]) => ({
      partition,
      fetchOffset: String(position),
      maxBytes: PARTITION_BYTES_MAX,
    }));
    const { responses } = await broker.fetch({
      maxWaitTime: FETCH_WAIT_MS,
      topics: [{ topic: this.topic, partitions }],
    });
    return responses.flatMap((response) =>
      response.partitions.map(
        (part) => new NewBatch(this.topic, String(positions.get(part.partition)), part),
      ),
    );
  }

  /** A broker that leads no more goes on answering, later than the one that does. */
  async refresh(): Promise<void> {
    await this.cluster.refreshMetadata();
  }

  async disconnect(): Promise<void> {
    await this.cluster.disconnect();
  }

  private async offsets(fromBeginning: boolean): Promise<ReadonlyMap<number, bigint>> {
    const partitions = this.partitions.map((partition) => ({ partition }));
    const [found] = await this.cluster.fetchTopicsOffset([
      { topic: this.topic, partitions, fromBeginning },
    ]);
    return new Map(found?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  }
}

function newCluster(kafka: Kafka): Cluster {
  const create = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  if (!create) throw new Error('this kafkajs is not the version that is known here');
  const makers = kafka as unknown as Record<symbol, (options: object) => Cluster>;
  const make = makers[create] as (options: object) => Cluster;
  return make({ allowAutoTopicCreation: false });
}
