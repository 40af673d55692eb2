import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppErrorFilter, CATALOGUE, errorBody } from '@gateway/errors';
import type { Logger } from './logger';

const BODY_BYTES_MAX = 256 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const CONNECTIONS_CHECK_INTERVAL_MS = 5_000;
const HEADERS_COUNT_MAX = 100;
const HEADERS_BYTES_MAX = 16 * 1024;
const REQUESTS_PER_SOCKET_MAX = 1_000;

/**
 * Fastify with limits on everything that a client can make long, many or slow; an app sets its own over them in its
 * `configureHttp`. Keep-alive outlasts the idle timeout of the proxies in front (60 s is their usual one), or they
 * would send requests into closing connections.
 */
export const httpAdapter = (): FastifyAdapter =>
  new FastifyAdapter({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxRequestsPerSocket: REQUESTS_PER_SOCKET_MAX,
    // While closing, what still comes over open connections is served: the drain before it is for the others.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // A path that does not decode is refused before hooks, routes and filters exist for it.
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply
        .status(CATALOGUE.GW_404.status)
        .header('x-request-id', request.id)
        .header('content-type', 'application/json; charset=utf-8')
        .send(JSON.stringify(errorBody('GW_404')));
    },
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CONNECTIONS_CHECK_INTERVAL_MS,
      maxHeaderSize: HEADERS_BYTES_MAX,
    },
  });

/** Answers in the one form of errors; what is hidden from the caller is logged. */
export function configurePlatformHttp(app: NestFastifyApplication, logger: Logger): void {
  app.getHttpServer().maxHeadersCount = HEADERS_COUNT_MAX;
  app.useGlobalFilters(
    new AppErrorFilter(({ level, cause, ...fields }) => {
      logger[level]({ ...fields, err: cause }, 'request.failed');
    }),
  );
}
