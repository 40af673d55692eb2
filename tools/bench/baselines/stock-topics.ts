import { Transport, type KafkaOptions } from '@nestjs/microservices';

/** The services behind the edge, in order; each asks the next and waits for its answer. */
export const STOCK_SERVICES = ['auth', 'rate-limiter', 'billing', 'dispatcher'] as const;
export type StockService = (typeof STOCK_SERVICES)[number];

export const STOCK_CLIENT = Symbol('STOCK_CLIENT');

export const requestTopic = (service: StockService): string => `stock.${service}`;

/** Nest's Kafka transport as its documentation shows it, with nothing tuned. */
export const kafkaOptions = (name: string, broker: string): KafkaOptions => ({
  transport: Transport.KAFKA,
  options: {
    client: { clientId: name, brokers: [broker] },
    consumer: { groupId: name },
  },
});
