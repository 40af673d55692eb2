import catalogue from './error-catalogue.json';

interface CatalogueEntry {
  readonly description: string;
  readonly resolution: string;
}

/** A field that the gateway refused, and why. */
export interface FieldFinding {
  readonly path: string;
  readonly reason: string;
}

const NO_ANSWER = 'NO_ANSWER';

/** What the gateway refused, with its code of the catalogue. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    description: string,
    readonly params: Readonly<Record<string, unknown>> = {},
  ) {
    super(description);
    this.name = 'ApiError';
  }

  /** What the reader can do about it, as the catalogue says it. */
  get resolution(): string | null {
    if (this.code === NO_ANSWER) return 'Check your connection, and that the gateway runs.';
    return (catalogue as Partial<Record<string, CatalogueEntry>>)[this.code]?.resolution ?? null;
  }

  get fields(): readonly FieldFinding[] {
    const { fields } = this.params;
    return Array.isArray(fields) ? fields.filter(isFinding) : [];
  }

  /** Whether asking again can help: the gateway or the network failed, not the request. */
  get isTransient(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

const isFinding = (value: unknown): value is FieldFinding =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as FieldFinding).path === 'string' &&
  typeof (value as FieldFinding).reason === 'string';

/** The error in an answer's body, whatever the body is. */
export function apiErrorOf(status: number, body: unknown): ApiError {
  const { errors } = (typeof body === 'object' && body !== null ? body : {}) as {
    errors?: { code?: unknown; description?: unknown; params?: unknown };
  };
  if (typeof errors?.code !== 'string') {
    return new ApiError(`HTTP_${status}`, status, 'The gateway gave an answer without a reason.');
  }
  const params = typeof errors.params === 'object' ? errors.params : null;
  return new ApiError(
    errors.code,
    status,
    typeof errors.description === 'string' ? errors.description : errors.code,
    (params ?? {}) as Record<string, unknown>,
  );
}

/** Anything that was thrown, as something that can be shown. */
export function shownError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  // fetch rejects with a TypeError alone when there is no answer.
  if (error instanceof TypeError) return new ApiError(NO_ANSWER, 0, 'The gateway did not answer.');
  return new ApiError('DASHBOARD', 0, 'The page failed. Reload it.');
}
