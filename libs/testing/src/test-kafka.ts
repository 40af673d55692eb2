import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaBroker } from '../../../tools/kafka/kafka-broker';

export interface TestKafka {
  /** To stop, kill and start it again. */
  readonly broker: KafkaBroker;
  /** For `KAFKA_BROKERS`. */
  readonly address: string;
  close(): Promise<void>;
}

/** A real Apache Kafka of one broker on a free port, with a data folder of its own that goes with it. */
export async function testKafka(): Promise<TestKafka> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gateway-kafka-'));
  const broker = await KafkaBroker.start({ dataDir });
  return {
    broker,
    address: broker.address,
    close: async () => {
      await broker.kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
