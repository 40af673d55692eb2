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
import { AUTH_VARIABLES } from './auth.config';
import { AuthModule } from './auth.module';

runMain('auth', async () => {
  const config = loadConfig({ ...AUTH_VARIABLES, ...KAFKA_VARIABLES, ...SHUTDOWN_VARIABLES });
  const logger = createLogger({ service: 'auth', level: config.logLevel });
  const kafka = kafkaConfig(config, { app: 'auth', ordinal: config.healthPort });
  const transport = createKafkaTransport(kafka, { logger });
  await runService({
    service: 'auth',
    module: AuthModule.register(config),
    config,
    logger,
    transport,
    strategy: kafkaServer(transport),
    globals: [{ provide: TRANSPORT, useValue: transport }],
  });
});
