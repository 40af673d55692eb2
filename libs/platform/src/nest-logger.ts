import type { LoggerService } from '@nestjs/common';
import type { LogFields } from './log-fields';
import type { Logger } from './logger';

/** Nest's own lines, which tell how a process is put together, as JSON lines of level debug; its warnings as such. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(fields(message, rest), 'nest.log');
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.trace(fields(message, rest), 'nest.log');
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace(fields(message, rest), 'nest.log');
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(fields(message, rest), 'nest.log');
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error(fields(message, rest), 'nest.log');
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal(fields(message, rest), 'nest.log');
  }
}

/** Nest gives the context last, and errors either as the message or as a text with a stack behind it. */
function fields(message: unknown, rest: readonly unknown[]): LogFields {
  const component = rest.findLast((part): part is string => typeof part === 'string');
  const err = [message, ...rest].find((part) => part instanceof Error);
  return { component, reason: typeof message === 'string' ? message : undefined, err };
}
