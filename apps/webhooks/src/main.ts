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
import { WEBHOOKS_VARIABLES } from './webhooks.config';
import { WebhooksModule } from './webhooks.module';

const service = 'webhooks';

runMain(service, () => {
  const config = loadConfig({ ...WEBHOOKS_VARIABLES, ...KAFKA_VARIABLES, ...SHUTDOWN_VARIABLES });
  const logger = createLogger({ service, level: config.logLevel });
  const kafka = kafkaConfig(config, { app: service, ordinal: config.healthPort });
  const transport = createKafkaTransport(kafka, { logger });
  return runService({
    service,
    module: WebhooksModule.register(config),
    config,
    logger,
    transport,
    strategy: kafkaServer(transport, { logger }),
    globals: [{ provide: TRANSPORT, useValue: transport }],
  });
});
