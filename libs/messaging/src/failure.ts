import { types } from 'node:util';
import { isRetryableDatabaseError } from '@gateway/platform';

/**
 * What a failure of a handler means for its records.
 * `retry`: a store or the broker is gone, the machine refuses something, or two transactions met; the same records again.
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

/** Authorization, database or schema missing, no privilege, table, column or function missing: a wrong installation. */
const SQLSTATE_EXIT = /^(28[0-9A-Z]{3}|3D[0-9A-Z]{3}|3F[0-9A-Z]{3}|42501|42P01|42703|42883)$/;

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

/** What ioredis and TypeORM throw without a code when a connection is gone. */
const RETRYABLE_MESSAGES =
  /^(Connection is closed|Stream isn't writeable|LOADING |READONLY |CLUSTERDOWN |Driver not Connected)/;

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
  return isRetryableDatabaseError(error) ? 'retry' : 'isolate';
}

function failureOfOne(error: Error): Failure | null {
  if (error instanceof InvalidRecordError) return 'isolate';
  if (RETRYABLE_NAMES.has(error.name) || RETRYABLE_MESSAGES.test(error.message)) return 'retry';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return SQLSTATE_EXIT.test(code) ? 'exit' : null;
}

/** The reason as it stands in a dead letter and in a log line: the error's class and text, bounded. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
  return text.slice(0, 500);
}
