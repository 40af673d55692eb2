import type { FieldError } from '@gateway/errors';

const HEADERS_MAX = 20;
const VALUE_LENGTH_MAX = 4_096;
/** A token of RFC 9110. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const VALUE = /^[\t\x20-\x7e]*$/;

/** They are the transport's, the delivery's own, or what a cloud trusts. */
const RESERVED_NAMES = new Set([
  'accept-encoding',
  'connection',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'metadata',
  'metadata-flavor',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-message-id',
]);
const RESERVED_PREFIXES = [
  'content-',
  'proxy-',
  'webhook-',
  'x-hub-signature',
  'x-forwarded-',
  'x-amz-',
  'x-aws-',
  'x-goog-',
  'x-azure-',
];

/** What is wrong with the custom headers of an endpoint at the moment they are saved. */
export function checkWebhookHeaders(value: unknown, path = 'headers'): FieldError[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ path, reason: 'must be an object of strings' }];
  }
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  if (entries.length > HEADERS_MAX) {
    return [{ path, reason: `must have at most ${HEADERS_MAX} headers` }];
  }
  const seen = new Set<string>();
  return entries.flatMap(([name, content]) => {
    const isRepeated = seen.has(name.toLowerCase());
    seen.add(name.toLowerCase());
    const reason =
      nameProblem(name) ?? (isRepeated ? 'is given twice' : null) ?? valueProblem(content);
    return reason === null ? [] : [{ path: `${path}.${name.slice(0, 128)}`, reason }];
  });
}

/** Those that may be sent, also of a row that was written under other rules. */
export const sendableHeaders = (
  headers: Readonly<Record<string, string>>,
): (readonly [name: string, value: string])[] =>
  Object.entries(headers).filter(
    ([name, value]) => nameProblem(name) === null && valueProblem(value) === null,
  );

function nameProblem(name: string): string | null {
  if (!NAME.test(name)) return 'is not a header name';
  const lower = name.toLowerCase();
  const isReserved =
    RESERVED_NAMES.has(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix));
  return isReserved ? 'is set by the gateway' : null;
}

function valueProblem(value: unknown): string | null {
  if (typeof value !== 'string') return 'must be a string';
  if (value.length > VALUE_LENGTH_MAX) return `must have at most ${VALUE_LENGTH_MAX} characters`;
  return VALUE.test(value) ? null : 'must be printable ASCII without line ends';
}
