import { types } from 'node:util';

/**
 * What a failure of a handler means for its records.
 * `retry`: a store or the broker is gone, or two transactions met; the same records again.
 * `isolate`: something in one of the records; by halves until it stands alone, that one to the dead letter.
 * `exit`: nothing this process can do will ever succeed (no such table, no right to it); records stay uncommitted.
 */
export type Failure = 'retry' | 'isolate' | 'exit';

/** A record whose content no retry can mend; the reason goes to the dead letter, never to a caller. */
export class InvalidRecordError extends Error {
  override readonly name = 'InvalidRecordError';
}

/** A record that was not acknowledged by its deadline. */
export class ProduceExpiredError extends Error {
  override readonly name = 'ProduceExpiredError';

  /** @param wasHandedOver true: it was part of a request and may be in the log; false: it surely is not */
  constructor(
    readonly wasHandedOver: boolean,
    options?: { readonly cause?: unknown },
  ) {
    super('the record was not acknowledged by its deadline', options);
  }
}

/** The owner of a command did not answer in time: it is gone or slow, and may still carry the command out. */
export class CommandTimeoutError extends Error {
  override readonly name = 'CommandTimeoutError';

  constructor(
    readonly service: string,
    readonly command: string,
    readonly timeoutMs: number,
  ) {
    super(`no answer to ${command} from ${service} within ${timeoutMs} ms`);
  }
}

/** Connection lost, deadlock, serialization, lock not available, read-only (a failover), out of resources, shutdown. */
const SQLSTATE_RETRY = /^(08|53|57|58|40001$|40P01$|55P03$|25006$)/;
/** Authorization, database or schema missing, no privilege, table, column or function missing: a wrong installation. */
const SQLSTATE_EXIT = /^(28|3D|3F|42501$|42P01$|42703$|42883$)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

const RETRYABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

const RETRYABLE_NAMES = new Set([
  'ProduceExpiredError',
  'CommandTimeoutError',
  'MaxRetriesPerRequestError',
  'CannotExecuteNotConnectedError',
  'ConnectionIsNotSetError',
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSBrokerNotFound',
]);

/** What pg and ioredis throw without a code when a connection is gone. */
const RETRYABLE_MESSAGES =
  /^(Connection terminated|Connection is closed|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Stream isn't writeable|LOADING |READONLY |CLUSTERDOWN |Driver not Connected)/;

/** A failure wraps its cause (query builder, driver, socket) this deep at most. */
const CAUSE_DEPTH_MAX = 4;

/**
 * The one function that turns what a handler threw into what happens to its records. Errors are known by kind, not by
 * class: one of another realm is one too.
 */
export function failureOf(error: unknown): Failure {
  let current = error;
  for (let depth = 0; depth < CAUSE_DEPTH_MAX && types.isNativeError(current); depth += 1) {
    const failure = failureOfOne(current);
    if (failure) return failure;
    current = 'driverError' in current ? current.driverError : current.cause;
  }
  return 'isolate';
}

function failureOfOne(error: Error): Failure | null {
  if (error instanceof InvalidRecordError) return 'isolate';
  if (RETRYABLE_NAMES.has(error.name) || RETRYABLE_MESSAGES.test(error.message)) return 'retry';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (RETRYABLE_CODES.has(code)) return 'retry';
  if (!SQLSTATE.test(code)) return null;
  if (SQLSTATE_RETRY.test(code)) return 'retry';
  return SQLSTATE_EXIT.test(code) ? 'exit' : 'isolate';
}

/** The reason as it stands in a dead letter and in a log line: the error's class and text, bounded. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
  return text.slice(0, 500);
}
