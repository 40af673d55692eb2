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
import { RATE_LIMITER_VARIABLES } from './rate-limiter.config';
import { RateLimiterModule } from './rate-limiter.module';

const service = 'rate-limiter';

runMain(service, () => {
  const config = loadConfig({
    ...RATE_LIMITER_VARIABLES,
    ...KAFKA_VARIABLES,
    ...SHUTDOWN_VARIABLES,
  });
  const logger = createLogger({ service, level: config.logLevel });
  const kafka = kafkaConfig(config, { app: service, ordinal: config.healthPort });
  const transport = createKafkaTransport(kafka, { logger });
  return runService({
    service,
    module: RateLimiterModule.register(config),
    config,
    logger,
    transport,
    strategy: kafkaServer(transport, { logger }),
    globals: [{ provide: TRANSPORT, useValue: transport }],
  });
});
