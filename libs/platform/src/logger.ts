import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { serializeError } from './log-error';
import { allowedFields, type LogFields } from './log-fields';
import { maskLine } from './mask';

/** Nest token of the `Logger`. */
export const LOGGER = Symbol('Logger');

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

interface LogMethod {
  (event: string): void;
  (fields: LogFields, event: string): void;
}

/** One line for a unit of work: a stable event name (`message.accepted`) and allow-listed fields. */
export interface Logger {
  readonly fatal: LogMethod;
  readonly error: LogMethod;
  readonly warn: LogMethod;
  readonly info: LogMethod;
  readonly debug: LogMethod;
  readonly trace: LogMethod;
  /** A logger whose every line carries these fields too. */
  child(fields: LogFields): Logger;
  isLevelEnabled(level: LogLevel): boolean;
}

/**
 * JSON lines on stdout: `time` (Unix milliseconds), `level`, `service`, `pid`, `msg` (the event) and allow-listed
 * fields; what slips through as text is masked.
 */
export function createLogger(options: {
  readonly service: string;
  readonly level: LogLevel;
  /** For tests; stdout unless given. */
  readonly destination?: DestinationStream;
}): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service, pid: process.pid },
    serializers: { err: (error: unknown) => serializeError(error) },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: allowedFields,
    },
    hooks: { streamWrite: maskLine },
  };
  return withAllowedChildren(
    options.destination === undefined ? pino(settings) : pino(settings, options.destination),
  );
}

/** pino drops the formatter of bindings for children, so their fields are filtered before. */
function withAllowedChildren(logger: PinoLogger): Logger {
  const makeChild = logger.child.bind(logger);
  return Object.assign(logger, {
    child: (fields: LogFields) => withAllowedChildren(makeChild(allowedFields(fields))),
  });
}
