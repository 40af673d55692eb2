import {
  KAFKA_VARIABLES,
  TRANSPORT,
  createKafkaTransport,
  kafkaConfig,
  kafkaServer,
} from '@gateway/messaging';
import {
  SHUTDOWN_VARIABLES,
  createLogger,
  loadConfig,
  runMain,
  runService,
} from '@gateway/platform';
import { DISPATCHER_VARIABLES } from './dispatcher.config';
import { DispatcherModule } from './dispatcher.module';

const service = 'dispatcher';

runMain(service, () => {
  const config = loadConfig({ ...DISPATCHER_VARIABLES, ...KAFKA_VARIABLES, ...SHUTDOWN_VARIABLES });
  const logger = createLogger({ service, level: config.logLevel });
  const kafka = kafkaConfig(config, { app: service, ordinal: config.healthPort });
  const transport = createKafkaTransport(kafka, { logger });
  return runService({
    service,
    module: DispatcherModule.register(config),
    config,
    logger,
    transport,
    strategy: kafkaServer(transport, { logger }),
    globals: [{ provide: TRANSPORT, useValue: transport }],
  });
});
