import type { ServiceName } from '@gateway/contracts';
import {
  SHUTDOWN_VARIABLES,
  createLogger,
  loadConfig,
  runMain,
  runService,
  type ConfigOf,
  type LogLevel,
  type RunServiceOptions,
  type Variable,
} from '@gateway/platform';
import type { DynamicModule } from '@nestjs/common';
import { KAFKA_VARIABLES, kafkaConfig } from './kafka-config';
import { kafkaServer } from './kafka-server';
import { createKafkaTransport } from './kafka-transport';
import { TRANSPORT } from './messaging.module';

/** What every service on Kafka reads, beside its own. */
export const PROCESS_VARIABLES = { ...KAFKA_VARIABLES, ...SHUTDOWN_VARIABLES };

interface OwnConfig {
  readonly healthPort: number;
  readonly logLevel: LogLevel;
}

interface ServiceOnKafka<C extends OwnConfig> {
  readonly service: ServiceName;
  readonly variables: { readonly [K in keyof C]: Variable<C[K]> };
  readonly module: { register(config: C): DynamicModule };
  readonly configureHttp?: RunServiceOptions['configureHttp'];
}

/** The whole of a service's `main.ts`: its configuration, its transport over Kafka, and its process until the end. */
export function runOnKafka<C extends OwnConfig>({
  service,
  variables,
  module,
  configureHttp,
}: ServiceOnKafka<C>): void {
  runMain(service, () => {
    // Each property is what its variable gives, which the compiler does not see through a type parameter.
    const config = loadConfig({ ...variables, ...PROCESS_VARIABLES }) as C &
      ConfigOf<typeof PROCESS_VARIABLES>;
    const logger = createLogger({ service, level: config.logLevel });
    const kafka = kafkaConfig(config, { app: service, ordinal: config.healthPort });
    const transport = createKafkaTransport(kafka, { logger });
    return runService({
      service,
      module: module.register(config),
      config,
      logger,
      transport,
      strategy: kafkaServer(transport, { logger }),
      globals: [{ provide: TRANSPORT, useValue: transport }],
      ...(configureHttp && { configureHttp }),
    });
  });
}
