import { TRANSPORT, createMemoryTransport, memoryServer } from '@gateway/messaging';
import { createLogger, loadConfig, runService } from '@gateway/platform';
import { configureEdgeHttp } from '../../apps/edge/src/edge-http.config';
import { EDGE_VARIABLES } from '../../apps/edge/src/edge.config';
import { EdgeModule } from '../../apps/edge/src/edge.module';

/** Any key will do: nothing is asked of this edge but what it can do. */
const KEY = '01'.repeat(32);

/** `/docs-json`, as an edge of this code serves it: it is started for the question, with nothing behind it. */
export async function describedApi(): Promise<string> {
  const config = loadConfig(EDGE_VARIABLES, {
    EDGE_HTTP_PORT: '0',
    EDGE_HEALTH_PORT: '0',
    KEY_HASH_SECRET: KEY,
    COMMAND_SEALING_KEY: KEY,
    ACCESS_TOKEN_PUBLIC_KEY: KEY,
    META_APP_SECRET: KEY,
    META_VERIFY_TOKEN: KEY,
  });
  const logger = createLogger({ service: 'edge', level: 'error' });
  const transport = createMemoryTransport({ pathPartitions: 1, logger });
  const edge = await runService({
    service: 'edge',
    module: EdgeModule.register(config),
    config: { healthPort: 0, httpPort: 0, shutdownDrainMs: 0 },
    logger,
    transport,
    strategy: memoryServer(transport, { logger, drainTimeoutMs: 100 }),
    globals: [{ provide: TRANSPORT, useValue: transport }],
    configureHttp: configureEdgeHttp,
    isEmbedded: true,
  });
  try {
    const response = await fetch(`http://127.0.0.1:${edge.httpPort ?? 0}/docs-json`);
    return await response.text();
  } finally {
    await edge.stop();
  }
}
