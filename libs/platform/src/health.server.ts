import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { HealthRegistry } from './health';
import { collectProcessMetrics, metrics } from './metrics';

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Where a process tells whether it is alive and whether it can take work. */
export const HEALTH_PATHS = { live: '/health/live', ready: '/health/ready' } as const;

/**
 * `/health/live`, `/health/ready` and `/metrics` on a port of their own, which no Service or route exposes.
 *
 * Live asks for nothing but that the event loop turns: a store or broker that is gone must not restart the process.
 * Ready is 503 with the reasons as `{ isReady, problems }`.
 *
 * @param options.port 0 picks a free one
 */
export async function startHealthServer(options: {
  readonly port: number;
  readonly health: HealthRegistry;
  readonly host?: string;
}): Promise<HealthServer> {
  collectProcessMetrics();
  const server = createServer((request, response) => {
    void answer(request, response, options.health);
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  server.listen(options.port, options.host ?? '0.0.0.0');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  health: HealthRegistry,
): Promise<void> {
  const path = request.method === 'GET' ? request.url?.split('?', 1)[0] : undefined;
  if (path === HEALTH_PATHS.live) {
    sendJson(response, 200, { isLive: true });
  } else if (path === HEALTH_PATHS.ready) {
    const problems = health.problems();
    sendJson(response, problems.length === 0 ? 200 : 503, {
      isReady: problems.length === 0,
      problems,
    });
  } else if (path === '/metrics') {
    await sendMetrics(response);
  } else {
    sendJson(response, 404, {});
  }
}

async function sendMetrics(response: ServerResponse): Promise<void> {
  try {
    const text = await metrics.registry.metrics();
    response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text);
  } catch {
    sendJson(response, 500, {});
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
