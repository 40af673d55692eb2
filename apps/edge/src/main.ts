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
import { configureEdgeHttp } from './edge-http.config';
import { EDGE_VARIABLES } from './edge.config';
import { EdgeModule } from './edge.module';

runMain('edge', async () => {
  const config = loadConfig({ ...EDGE_VARIABLES, ...KAFKA_VARIABLES, ...SHUTDOWN_VARIABLES });
  const logger = createLogger({ service: 'edge', level: config.logLevel });
  const kafka = kafkaConfig(config, { app: 'edge', ordinal: config.httpPort });
  const transport = createKafkaTransport(kafka, { logger });
  await runService({
    service: 'edge',
    module: EdgeModule.register(config),
    config,
    logger,
    transport,
    strategy: kafkaServer(transport),
    globals: [{ provide: TRANSPORT, useValue: transport }],
    configureHttp: configureEdgeHttp,
  });
});
