import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, errorBody } from './app-error';
import { CATALOGUE, type ErrorCode } from './catalogue';

/** What the log needs to know of an answer that is an error; the cause is nowhere else. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly level: (typeof CATALOGUE)[ErrorCode]['logLevel'];
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern, not the path: that may hold ids. */
  readonly route: string;
  readonly cause: unknown;
}

/** What Fastify refuses by itself, before a route sees the request. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'GW_005',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'GW_009',
  FST_ERR_CTP_INVALID_JSON_BODY: 'GW_002',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'GW_002',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'GW_002',
  FST_ERR_BAD_URL: 'GW_404',
  // Only of QUERY, which no route takes.
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: 'GW_404',
  FST_ERR_MAX_PARAM_LENGTH: 'GW_404',
};

/** Nest's own exceptions, whose texts are not for callers. */
const STATUS_CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'GW_003',
  404: 'GW_404',
  405: 'GW_404',
  413: 'GW_005',
  414: 'GW_404',
  415: 'GW_009',
};

/**
 * Turns whatever a route throws into an answer of the catalogue. What is not meant for callers becomes GW_500, and its
 * cause goes to `report` alone.
 */
@Catch()
export class AppErrorFilter implements ExceptionFilter {
  constructor(private readonly report: (report: ErrorReport) => void) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw exception;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = asAppError(exception);
    const { status, logLevel: level } = CATALOGUE[error.code];
    this.report({
      code: error.code,
      level,
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      cause: error.cause,
    });
    // A stream that broke midway has its status already; the connection is all that can still tell.
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (error.retryAfterSeconds !== undefined) {
      void reply.header('retry-after', String(error.retryAfterSeconds));
    }
    void reply
      .status(status)
      .header('content-type', 'application/json; charset=utf-8')
      .send(JSON.stringify(errorBody(error.code, error.params)));
  }
}

function asAppError(exception: unknown): AppError {
  if (exception instanceof AppError) return exception;
  const code = fastifyCode(exception) ?? httpCode(exception) ?? 'GW_500';
  return new AppError(code, { cause: exception });
}

/** Nest hands some of Fastify's errors on as the cause of an exception of its own. */
function fastifyCode(exception: unknown): ErrorCode | undefined {
  if (!(exception instanceof Error)) return undefined;
  const code: unknown = Reflect.get(exception, 'code');
  if (typeof code === 'string' && Object.hasOwn(FASTIFY_CODES, code)) return FASTIFY_CODES[code];
  return exception instanceof HttpException ? fastifyCode(exception.cause) : undefined;
}

/** Also for plain errors with a status, as Fastify's parsers throw them. */
function httpCode(exception: unknown): ErrorCode | undefined {
  if (exception instanceof HttpException) return STATUS_CODES[exception.getStatus()];
  if (!(exception instanceof Error)) return undefined;
  const status: unknown = Reflect.get(exception, 'statusCode');
  if (exception instanceof SyntaxError && status === 400) return 'GW_002';
  return typeof status === 'number' ? STATUS_CODES[status] : undefined;
}
