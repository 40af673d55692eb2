import type { CapturedResponse } from './response-capture';

/** A shorter value stands in answers by chance, and is no secret. */
const LENGTH_MIN = 8;
/** A shorter beginning of a secret, where an answer is cut, tells nothing. */
const BEGINNING_MIN = 4;
const MASK = '***';

/** What is kept of an answer, without what its receiver repeated of the secrets that came with the request. */
export function withoutSecrets(
  response: CapturedResponse,
  secrets: readonly string[],
): CapturedResponse {
  const wanted = secrets.flatMap(partsOf).filter(({ length }) => length >= LENGTH_MIN);
  const { body, encoding, isTruncated } = response;
  const text = encoding === 'utf8' ? body : Buffer.from(body, 'base64').toString('latin1');
  const whole = masked(text, wanted);
  const kept = isTruncated ? withMaskedEnd(whole, wanted) : whole;
  if (kept === text) return response;
  const bytes = Buffer.from(kept, encoding === 'utf8' ? 'utf8' : 'latin1');
  return { ...response, body: bytes.toString(encoding) };
}

/** `Basic dXNlcjpw` is repeated whole or without its first word. */
const partsOf = (secret: string): string[] => [secret, secret.slice(secret.indexOf(' ') + 1)];

/** The longest first, of which shorter ones may be a part. */
const masked = (text: string, secrets: readonly string[]): string =>
  [...secrets]
    .sort((one, other) => other.length - one.length)
    .reduce((left, secret) => left.replaceAll(secret, MASK), text);

/** The cut may go through a secret, whose beginning is the end of what is kept. */
function withMaskedEnd(text: string, secrets: readonly string[]): string {
  const length = Math.max(0, ...secrets.map((secret) => beginningAtEnd(text, secret)));
  return length === 0 ? text : text.slice(0, -length) + MASK;
}

/** How much of a secret stands at the end of the text. */
function beginningAtEnd(text: string, secret: string): number {
  for (let length = secret.length - 1; length >= BEGINNING_MIN; length--) {
    if (text.endsWith(secret.slice(0, length))) return length;
  }
  return 0;
}
