import { Kafka, logLevel } from 'kafkajs';
import { KafkaBroker } from '../../kafka/kafka-broker';
import { STOCK_SERVICES, requestTopic } from './stock-topics';

const PARTITIONS = 4;
const HEAP_MB = 512;

/** A broker for the stock chain, with its topics: requests and replies of each service. */
export async function startStockKafka(dataDir: string): Promise<KafkaBroker> {
  const broker = await KafkaBroker.start({ dataDir, heapMb: HEAP_MB });
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    topics: STOCK_SERVICES.flatMap((service) => [
      { topic: requestTopic(service), numPartitions: PARTITIONS },
      { topic: `${requestTopic(service)}.reply`, numPartitions: PARTITIONS },
    ]),
  });
  await admin.disconnect();
  return broker;
}
