import type { ServiceName } from '@gateway/contracts';
import { TRANSPORT, createMemoryTransport, memoryServer } from '@gateway/messaging';
import {
  ConfigError,
  createLogger,
  isProduction,
  loadConfig,
  processEnvironment,
  runMain,
  runService,
  type Environment,
} from '@gateway/platform';
import { resolve } from 'node:path';
import { configureEdgeHttp } from '../../edge/src/edge-http.config';
import { EDGE_VARIABLES } from '../../edge/src/edge.config';
import { banner, writeDemo, type Demo } from './demo';
import { seedDemo } from './demo-seed';
import { embeddedEnvironment, isLoopbackOpen } from './embedded-environment';
import { startEmbeddedParts, type RunningParts } from './embedded-parts';
import { Installation } from './installation';
import { StandaloneModule } from './standalone.module';
import { STANDALONE_VARIABLES, type StandaloneConfig } from './standalone.config';

/** Everything in one process: the in-process broker in Kafka's place, an embedded Postgres, the simulator as Meta. */
async function main(): Promise<void> {
  const startedAtMs = Date.now();
  if (isProduction()) {
    throw new ConfigError(['NODE_ENV is production: run each service by itself, see k8s/']);
  }
  const given = processEnvironment();
  const config = loadConfig(STANDALONE_VARIABLES, given);
  const installation = Installation.open(resolve(config.dataDir));
  const parts = await startEmbeddedParts(config, installation);
  const demo = await startServices(config, installation, parts, given).catch(
    async (error: unknown) => {
      await parts.stop();
      throw error;
    },
  );
  writeDemo(installation.dataDir, demo);
  process.stdout.write(
    banner({
      profile: 'one process',
      demo,
      simulatorUrl: parts.simulatorUrl,
      freePhoneNumber: parts.freePhoneNumber,
      isLoopbackOpen: isLoopbackOpen(given),
      readyMs: Date.now() - startedAtMs,
    }),
  );
}

async function startServices(
  config: StandaloneConfig,
  installation: Installation,
  parts: RunningParts,
  given: Environment,
): Promise<Demo> {
  const demo = await seedDemo(installation, parts, config, given);
  const environmentOf = (service: ServiceName) =>
    embeddedEnvironment(service, installation, parts, given);
  const edge = loadConfig(EDGE_VARIABLES, environmentOf('edge'));
  const logger = createLogger({ service: 'standalone', level: edge.logLevel });
  const transport = createMemoryTransport({ pathPartitions: 4, logger });
  await runService({
    service: 'standalone',
    module: StandaloneModule.register(edge, environmentOf),
    config: { healthPort: config.healthPort, httpPort: edge.httpPort, shutdownDrainMs: 0 },
    logger,
    transport,
    strategy: memoryServer(transport),
    globals: [{ provide: TRANSPORT, useValue: transport }],
    configureHttp: configureEdgeHttp,
    onStopped: () => parts.stop(),
  });
  return demo;
}

runMain('standalone', main);
