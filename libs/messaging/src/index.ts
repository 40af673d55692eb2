export { BatchRunner, type HandledTopic } from './batch-runner';
export { BatchHandler } from './batch-handler.decorator';
export { CommandHandler, type CommandContext, type StoredReply } from './command-handler.decorator';
export { CommandTimeoutError, ProduceExpiredError } from './failure';
export {} from './handler-registry';
export { KAFKA_VARIABLES, kafkaConfig } from './kafka-config';
export { createTopics, listTopics } from './kafka-topics';
export { createKafkaTransport } from './kafka-transport';
export { memoryServer } from './memory-server';
export { createMemoryTransport, type MemoryTransport } from './memory-transport';
export { MESSAGING, MessagingModule, TRANSPORT } from './messaging.module';
export { PartitionHistory } from './partition-history';
export { PROCESS_VARIABLES, runOnKafka } from './run-on-kafka';
export type { Transport } from './transport';
export type {
  Acknowledgement,
  Batch,
  BrokerClock,
  InboundRecord,
  Messaging,
  OutboundRecord,
  RecordProducer,
} from './types';
