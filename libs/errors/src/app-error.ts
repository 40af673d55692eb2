import { CATALOGUE, type ErrorCode } from './catalogue';

export type ErrorParams = Readonly<Record<string, unknown>>;

/** One wrong field of a request, as it stands in `params.fields` of GW_003. */
export interface FieldError {
  /** Path of the field, for example `interactive.action.buttons[3].reply.title`. */
  readonly path: string;
  readonly reason: string;
}

interface AppErrorOptions {
  /** Public details; nothing internal belongs here. */
  readonly params?: ErrorParams;
  /** Becomes the `Retry-After` header. */
  readonly retryAfterSeconds?: number;
  /** Stays inside: it is logged, never answered. */
  readonly cause?: unknown;
}

/** The one exception class: a code of the catalogue and its public parameters. */
export class AppError extends Error {
  readonly params: ErrorParams;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ErrorCode,
    options: AppErrorOptions = {},
  ) {
    super(CATALOGUE[code].description, { cause: options.cause });
    this.params = options.params ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The body of every error answer (`contract.md` section 8). */
export interface ErrorBody {
  readonly isSuccess: false;
  readonly errors: {
    readonly code: ErrorCode;
    readonly group: string;
    readonly description: string;
    readonly params: ErrorParams;
  };
}

export function errorBody(code: ErrorCode, params: ErrorParams = {}): ErrorBody {
  const { group, description } = CATALOGUE[code];
  return { isSuccess: false, errors: { code, group, description, params } };
}
