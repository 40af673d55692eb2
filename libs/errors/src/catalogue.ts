type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface CatalogueEntry {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Coarse class of the error, as callers switch on it. */
  readonly group: string;
  /** What the caller reads; never an internal detail. */
  readonly description: string;
  /** What the caller can do about it; shown in the documentation. */
  readonly resolution: string;
  /** How loud the gateway itself is when it answers with this code. */
  readonly logLevel: LogLevel;
}

/**
 * Every error a caller can see (`contract.md` section 8). A row enters with the work that can produce it.
 * The OpenAPI document, `docs/errors.md` and the tests are made from or checked against this table.
 */
export const CATALOGUE = {
  AUTH_001: {
    status: 401,
    group: 'UNAUTHORIZED',
    description: 'API Key not found, invalid, or expired.',
    resolution: 'Check that the key is complete, not revoked and not expired, or create a new one.',
    logLevel: 'info',
  },
  AUTH_002: {
    status: 401,
    group: 'UNAUTHORIZED',
    description: 'Missing Authorization header.',
    resolution: "Send the header 'Authorization: Bearer <api key>'.",
    logLevel: 'info',
  },
  AUTH_003: {
    status: 401,
    group: 'UNAUTHORIZED',
    description: "Authorization header must be in the form 'Bearer <token>'.",
    resolution: "Send one Authorization header of the form 'Bearer <api key>'.",
    logLevel: 'info',
  },
  AUTH_004: {
    status: 500,
    group: 'INTERNAL_SERVER_ERROR',
    description: 'The key could not be checked.',
    resolution: 'Repeat the request after a short wait; nothing was sent.',
    logLevel: 'error',
  },
  AUTH_005: {
    status: 500,
    group: 'INTERNAL_SERVER_ERROR',
    description: 'The stored key data is unreadable.',
    resolution: 'Create a new key and tell the operator; nothing was sent.',
    logLevel: 'error',
  },
  AUTH_006: {
    status: 403,
    group: 'FORBIDDEN',
    description: 'A staging key sends only fakes or to registered test numbers.',
    resolution:
      'Add is_fake=true, register the recipient as a test number, or use a production key.',
    logLevel: 'info',
  },
  AUTH_007: {
    status: 403,
    group: 'FORBIDDEN',
    description: 'The app is not active.',
    resolution: 'Connect a WhatsApp number to the app or reconnect it; fakes work meanwhile.',
    logLevel: 'info',
  },
  AUTH_010: {
    status: 401,
    group: 'UNAUTHORIZED',
    description: 'Wrong e-mail or password.',
    resolution: 'Check both, or reset the password.',
    logLevel: 'info',
  },
  AUTH_011: {
    status: 401,
    group: 'UNAUTHORIZED',
    description: 'Access token missing, invalid or expired.',
    resolution: 'Refresh the session or sign in again.',
    logLevel: 'info',
  },
  AUTH_012: {
    status: 401,
    group: 'UNAUTHORIZED',
    description: 'Refresh token invalid or used.',
    resolution: 'Sign in again.',
    logLevel: 'info',
  },
  AUTH_013: {
    status: 403,
    group: 'FORBIDDEN',
    description: 'Your role does not allow this.',
    resolution: 'Ask an owner or admin of the organization.',
    logLevel: 'info',
  },
  AUTH_014: {
    status: 403,
    group: 'FORBIDDEN',
    description: 'No organization yet.',
    resolution: 'Create an organization or accept an invite first.',
    logLevel: 'info',
  },
  RATE_001: {
    status: 429,
    group: 'TOO_MANY_REQUESTS',
    description: 'Rate limit exceeded. Please try again later.',
    resolution: 'Wait for the seconds of Retry-After, then repeat the request.',
    logLevel: 'info',
  },
  RATE_002: {
    status: 429,
    group: 'TOO_MANY_REQUESTS',
    description: 'Too many requests of this key at once.',
    resolution: 'Wait for the answers of running requests, then repeat.',
    logLevel: 'info',
  },
  RATE_003: {
    status: 429,
    group: 'TOO_MANY_REQUESTS',
    description: 'Too many attempts.',
    resolution: 'Wait for the seconds of Retry-After, then try again.',
    logLevel: 'info',
  },
  BILL_001: {
    status: 402,
    group: 'PAYMENT_REQUIRED',
    description: 'Insufficient balance.',
    resolution: 'Top up the wallet of the organization.',
    logLevel: 'info',
  },
  BILL_002: {
    status: 500,
    group: 'INTERNAL_SERVER_ERROR',
    description: 'The balance could not be checked.',
    resolution: 'Repeat the request after a short wait; nothing was sent.',
    logLevel: 'error',
  },
  GW_001: {
    status: 400,
    group: 'BAD_REQUEST',
    description: 'Invalid recipient phone number.',
    resolution: "Give 'to' as 7 to 15 digits with country code, without spaces, dashes or letters.",
    logLevel: 'info',
  },
  GW_002: {
    status: 400,
    group: 'BAD_REQUEST',
    description: 'The body is not valid JSON.',
    resolution: 'Send one JSON object, encoded as UTF-8.',
    logLevel: 'info',
  },
  GW_003: {
    status: 400,
    group: 'BAD_REQUEST',
    description: 'The request is not valid.',
    resolution: 'Correct every field named in params.fields.',
    logLevel: 'info',
  },
  GW_004: {
    status: 400,
    group: 'BAD_REQUEST',
    description: 'Unsupported message type.',
    resolution: "Use one of the message types listed for 'type'.",
    logLevel: 'info',
  },
  GW_005: {
    status: 413,
    group: 'PAYLOAD_TOO_LARGE',
    description: 'The body is too large.',
    resolution: 'Keep the body within 256 KiB; send media by id or link.',
    logLevel: 'info',
  },
  GW_006: {
    status: 409,
    group: 'CONFLICT',
    description: 'A request with this Idempotency-Key is in progress.',
    resolution: 'Wait for the seconds of Retry-After and repeat the same request.',
    logLevel: 'info',
  },
  GW_007: {
    status: 422,
    group: 'UNPROCESSABLE',
    description: 'This Idempotency-Key was used with another body.',
    resolution: 'Use a new Idempotency-Key for a new request.',
    logLevel: 'info',
  },
  GW_008: {
    status: 503,
    group: 'UNAVAILABLE',
    description:
      'The gateway is overloaded or a part of it is down. Nothing was sent, nothing will be.',
    resolution: 'Wait for the seconds of Retry-After, then repeat the request.',
    logLevel: 'warn',
  },
  GW_009: {
    status: 415,
    group: 'UNSUPPORTED_MEDIA_TYPE',
    description: 'Content-Type must be application/json.',
    resolution: "Send the header 'Content-Type: application/json'.",
    logLevel: 'info',
  },
  GW_010: {
    status: 504,
    group: 'TIMEOUT',
    description: 'No outcome in time; the message may have been sent.',
    resolution:
      'Ask GET /v1/wa/messages/{message_id}, or repeat the request with the same Idempotency-Key.',
    logLevel: 'warn',
  },
  GW_011: {
    status: 409,
    group: 'CONFLICT',
    description: 'Conflict.',
    resolution: 'Read params.reason and look at the present state before repeating.',
    logLevel: 'info',
  },
  GW_404: {
    status: 404,
    group: 'NOT_FOUND',
    description: 'Not found.',
    resolution: 'Check the path and the id.',
    logLevel: 'debug',
  },
  GW_500: {
    status: 500,
    group: 'INTERNAL_SERVER_ERROR',
    description: 'Internal error.',
    resolution: 'Repeat the request; if it fails again, tell the operator the X-Request-Id.',
    logLevel: 'error',
  },
  META_001: {
    status: 502,
    group: 'BAD_GATEWAY',
    description: 'Meta could not be reached or failed. Nothing was sent.',
    resolution: 'Repeat the request after a short wait.',
    logLevel: 'warn',
  },
  META_002: {
    status: 400,
    group: 'BAD_REQUEST',
    description: 'Meta refused the message.',
    resolution: "Read params.meta for Meta's reason and correct the message.",
    logLevel: 'info',
  },
  META_003: {
    status: 429,
    group: 'TOO_MANY_REQUESTS',
    description: "Meta's limit for this number or recipient is reached.",
    resolution: 'Send more slowly; repeat after the seconds of Retry-After when retryable is true.',
    logLevel: 'warn',
  },
  META_004: {
    status: 502,
    group: 'BAD_GATEWAY',
    description: "Meta refused the app's credentials. Reconnect the account.",
    resolution: 'Reconnect the WhatsApp account of the app with a valid access token.',
    logLevel: 'warn',
  },
  META_005: {
    status: 502,
    group: 'BAD_GATEWAY',
    description: 'The outcome at Meta is unknown; the message may have been sent.',
    resolution:
      'Ask GET /v1/wa/messages/{message_id} before repeating; a repeat without Idempotency-Key may send twice.',
    logLevel: 'warn',
  },
  WH_001: {
    status: 403,
    group: 'FORBIDDEN',
    description: 'Invalid verification token.',
    resolution: 'Enter the same verify token at Meta and in META_VERIFY_TOKEN.',
    logLevel: 'warn',
  },
  WH_002: {
    status: 401,
    group: 'UNAUTHORIZED',
    description: 'Missing signature header.',
    resolution: "Send Meta's X-Hub-Signature-256 header.",
    logLevel: 'warn',
  },
  WH_003: {
    status: 401,
    group: 'UNAUTHORIZED',
    description: 'Invalid signature.',
    resolution: 'Sign the raw body with the app secret that the gateway has.',
    logLevel: 'warn',
  },
  WH_004: {
    status: 400,
    group: 'BAD_REQUEST',
    description: 'Not a WhatsApp webhook.',
    resolution: "Send Meta's structure with object 'whatsapp_business_account'.",
    logLevel: 'warn',
  },
  WH_005: {
    status: 503,
    group: 'UNAVAILABLE',
    description: 'The event could not be stored.',
    resolution: 'Send it again, as Meta does by itself.',
    logLevel: 'error',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof CATALOGUE;

/** Whether untrusted text (a header, a reply) names an error of the catalogue. */
export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(CATALOGUE, text);
