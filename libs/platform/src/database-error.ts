import { types } from 'node:util';
import { isSystemError } from './system-error';

/** Refused for what was in the statement: the same batch fails again, one record of it is the cause. */
const DATA = /^2[23]/;

/**
 * The store is gone, restarting, full, read-only for a while, or another transaction was in the way: the same
 * statement can succeed later. A cancelled statement (57014) is among them: slow is not wrong.
 */
const RETRYABLE = /^(08|53|57|58|40001|40P01|55P03|25006|25P03|25P04)/;

/** The whole server ended, whatever the code: a log that cannot be written any further is an XX000. No record did that. */
const SERVER_ENDED = 'PANIC';

/** What the driver says without a code when a connection is gone, cannot be had, or the pool is closing. */
const DRIVER =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout|Cannot use a pool after calling end|Called end on pool|.*is not established)/;

const CHAIN_MAX = 5;
const SQL_STATE = /^[0-9A-Z]{5}$/;

/** SQLSTATE 22 and 23: the data of the statement, or a constraint. */
export const isDataError = (error: unknown): boolean => DATA.test(sqlState(error) ?? '');

/** Whether the same statement may succeed later; see `RETRYABLE`. */
export function isRetryableDatabaseError(error: unknown): boolean {
  const code = sqlState(error);
  if (code !== undefined) return RETRYABLE.test(code) || chain(error).some(hasEndedServer);
  return chain(error).some((link) => isSystemError(link) || DRIVER.test(link.message.trim()));
}

const sqlState = (error: unknown): string | undefined =>
  chain(error)
    .filter((link) => !isSystemError(link))
    .map(codeOf)
    .find((code) => code !== undefined && SQL_STATE.test(code));

const hasEndedServer = (error: Error): boolean => Reflect.get(error, 'severity') === SERVER_ENDED;

function codeOf(error: Error): string | undefined {
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

/**
 * The error and what it wraps: TypeORM hangs the driver's error on its own, Node one error for each address. By kind, not
 * by class: an error of another realm is one too.
 */
function chain(error: unknown): Error[] {
  const links: Error[] = [];
  let next: unknown = error;
  while (types.isNativeError(next) && links.length < CHAIN_MAX) {
    links.push(next);
    const wrapped: unknown = Reflect.get(next, 'driverError');
    const many: unknown = Reflect.get(next, 'errors');
    next = Array.isArray(many) ? many[0] : (wrapped ?? next.cause);
  }
  return links;
}
