import { AppError } from '@gateway/errors';
import { CommandTimeoutError } from '@gateway/messaging';

const RETRY_AFTER_SECONDS = 1;

/** A service does not answer, or answers that its store is gone. */
export const isAway = (error: unknown): boolean =>
  error instanceof CommandTimeoutError || (error instanceof AppError && error.code === 'GW_008');

/** GW_008 with the `Retry-After` that `contract.md` section 8 asks for: a command's error knows no headers. */
export const unavailable = (cause?: unknown): AppError =>
  new AppError('GW_008', { cause, retryAfterSeconds: RETRY_AFTER_SECONDS });
