import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CATALOGUE, errorBody } from '@gateway/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { setLimitHeaders } from './answer';
import { setUpApiPage } from './api-page.config';
import { AccessTokensService } from './access-tokens.service';
import { CallersService } from './callers.service';
import { TrustedProxies } from './client-origin';
import { DASHBOARD_DIR, serveDashboard } from './dashboard.config';
import { checkAccess, type RouteAccess, type SignedInUser } from './domain/access';
import { allowOrigin, answerPreflight } from './cross-origin';
import type { Caller } from './domain/admission';
import { countHeaders } from './domain/authorization';
import { jsonObjectOf } from './domain/json-request';
import { callersRequestId } from './domain/request-id';
import type { TenancyView } from './domain/tenancy-view';
import { EDGE_CONFIG, type EdgeConfig } from './edge.config';
import { edgeMetrics } from './edge-metrics';
import { configureMetaRoute } from './meta-route.config';
import { KeyCacheService } from './key-cache.service';
import { RouteTable, type Access } from './route-table';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before a route marked `BY_API_KEY` runs. */
    caller: Caller | null;
    /** Set before a route that asks for an access token runs. */
    user: SignedInUser | null;
    /** IP address of the client, also behind proxies that are trusted. */
    readonly clientAddress: string;
  }
  interface FastifyContextConfig {
    /** How a route knows its caller. */
    access?: Access;
  }
}

/** Marks a route, with `@RouteConfig`, that takes API keys. */
export const BY_API_KEY = { access: 'api-key' } as const;

/** The caller of a route marked `BY_API_KEY`. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new Error('the route is not marked as one that takes API keys');
  return caller;
}

const BODY_BYTES_MAX = 256 * 1024;
const CONNECTIONS_CHECK_INTERVAL_MS = 1_000;

/** Everything about HTTP that is not a route; to be called before the application listens. */
export async function configureEdgeHttp(app: NestFastifyApplication): Promise<void> {
  const config = app.get<EdgeConfig>(EDGE_CONFIG, { strict: false });
  const instance = app.getHttpAdapter().getInstance();
  setServerLimits(app.getHttpServer(), config);
  // The bytes of a body are Kafka's value: they are neither parsed nor copied on the way in.
  instance.removeAllContentTypeParsers();
  app.useBodyParser('*', { bodyLimit: BODY_BYTES_MAX }, (_request, body, done) => {
    done(null, body);
  });
  instance.decorateRequest('caller', null);
  instance.decorateRequest('user', null);
  const proxies = new TrustedProxies(config.trustedProxies);
  instance.decorateRequest('clientAddress', {
    getter() {
      const forwarded = this.headers['x-forwarded-for'];
      return proxies.clientOf(this.raw.socket.remoteAddress ?? '', forwarded?.toString());
    },
  });
  instance.setGenReqId((request) => requestId(request));
  const routes = app.get(RouteTable, { strict: false });
  instance.addHook('onRoute', (route) => {
    routes.add(route);
  });
  addHooks(instance, {
    callers: app.get(CallersService, { strict: false }),
    accessTokens: app.get(AccessTokensService, { strict: false }),
    view: app.get(KeyCacheService, { strict: false }).view,
  });
  configureMetaRoute(instance);
  setUpApiPage(app);
  await serveDashboard(instance, DASHBOARD_DIR);
}

const requestId = ({ headers }: IncomingMessage): string =>
  callersRequestId(headers['x-request-id']) ?? randomUUID();

interface Doors {
  readonly callers: CallersService;
  readonly accessTokens: AccessTokensService;
  readonly view: TenancyView;
}

function addHooks(instance: FastifyInstance, { callers, accessTokens, view }: Doors): void {
  instance.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
    reply.header('strict-transport-security', 'max-age=31536000');
    if (answerPreflight(view, request, reply)) return;
    const { access } = request.routeOptions.config;
    if (access === 'api-key') authenticate(callers, request, reply, done);
    else if (typeof access === 'object') {
      admit(accessTokens, access, request)
        .finally(() => {
          allowOrigin(view, request, reply);
        })
        .then(done, done);
    } else done();
  });
  instance.addHook('preValidation', async (request) => {
    const { access } = request.routeOptions.config;
    if (access === 'anybody' || typeof access === 'object') parseBody(request);
    return Promise.resolve();
  });
  instance.addHook('onResponse', (request, reply, done) => {
    const { url: route = 'none' } = request.routeOptions;
    edgeMetrics.answers.inc({ route, status: String(reply.statusCode) });
    done();
  });
}

/** Before the body is read: who has no key makes the gateway read nothing. */
function authenticate(
  callers: CallersService,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const admit = (caller: Caller): void => {
    request.caller = caller;
    setLimitHeaders(reply, caller.key);
    done();
  };
  try {
    const count = countHeaders(request.raw.rawHeaders, 'authorization');
    const found = callers.authenticate(request.headers.authorization, count);
    if (found instanceof Promise) found.then(admit, done);
    else admit(found);
  } catch (error) {
    done(error as Error);
  }
}

/** Signed in, and with the right: before the body is read, as above. */
async function admit(
  accessTokens: AccessTokensService,
  access: RouteAccess,
  request: FastifyRequest,
): Promise<undefined> {
  const count = countHeaders(request.raw.rawHeaders, 'authorization');
  const user = await accessTokens.authenticate(request.headers.authorization, count);
  request.user = user;
  checkAccess(user, access, request.method);
}

/** Routes of the management API get their JSON parsed; sends keep their bytes. */
function parseBody(request: FastifyRequest): void {
  if (request.body === undefined || Buffer.isBuffer(request.body)) {
    request.body = jsonObjectOf(request.body, request.headers);
  }
}

function setServerLimits(server: Server, config: EdgeConfig): void {
  server.requestTimeout = config.requestTimeoutMs;
  // Node swaps the two when headers have more time than the whole request.
  server.headersTimeout = Math.min(server.headersTimeout, config.requestTimeoutMs);
  server.keepAliveTimeout = config.keepAliveTimeoutMs;
  server.maxConnections = config.connectionsMax;
  // Read when the server begins to listen; Node's types know it as an option only.
  Object.assign(server, { connectionsCheckingInterval: CONNECTIONS_CHECK_INTERVAL_MS });
  server.removeAllListeners('clientError');
  server.on('clientError', answerBrokenRequest);
}

const BROKEN_REQUEST_REASONS: Readonly<Partial<Record<string, string>>> = {
  HPE_HEADER_OVERFLOW: 'the headers are too large',
  ERR_HTTP_REQUEST_TIMEOUT: 'the request did not arrive in full in time',
};

/**
 * What is no HTTP request, or does not become one in time, gets the one form of errors too; but never in the place of
 * an earlier request's answer on the same connection.
 */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: BusySocket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const earlier = socket._httpMessage;
  if (earlier?.req.complete === true) {
    earlier.once('finish', () => {
      answerBrokenRequest(error, socket);
    });
    return;
  }
  const reason = BROKEN_REQUEST_REASONS[error.code ?? ''] ?? 'this is no valid HTTP request';
  const body = JSON.stringify(errorBody('GW_003', { fields: [{ path: 'request', reason }] }));
  const head = [
    `HTTP/1.1 ${CATALOGUE.GW_003.status} Bad Request`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `X-Request-Id: ${randomUUID()}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Node keeps the answer that is due next on its socket. */
type BusySocket = Socket & { readonly _httpMessage?: ServerResponse | null };
