const VISIBLE_ASCII = /^[\x21-\x7e]{1,128}$/;
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A caller's own `X-Request-Id`, when it may be taken over: 1 to 128 visible ASCII characters. */
export const callersRequestId = (header: unknown): string | undefined =>
  typeof header === 'string' && VISIBLE_ASCII.test(header) ? header : undefined;

/** A caller's W3C `traceparent`, when it is well formed; anything else is ignored, as the standard asks. */
export const callersTraceparent = (header: unknown): string | undefined =>
  typeof header === 'string' && TRACEPARENT.test(header) ? header : undefined;
