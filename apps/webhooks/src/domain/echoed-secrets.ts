import type { CapturedResponse } from './response-capture';

/** A shorter value stands in answers by chance, and is no secret. */
const LENGTH_MIN = 8;
const MASK = '***';

/** What is kept of an answer, without what its receiver repeated of the secrets that came with the request. */
export function withoutSecrets(
  response: CapturedResponse,
  secrets: readonly string[],
): CapturedResponse {
  const wanted = secrets.flatMap(partsOf).filter(({ length }) => length >= LENGTH_MIN);
  if (response.encoding === 'utf8') return { ...response, body: masked(response.body, wanted) };
  const bytes = Buffer.from(response.body, 'base64').toString('latin1');
  if (!wanted.some((secret) => bytes.includes(secret))) return response;
  return { ...response, body: Buffer.from(masked(bytes, wanted), 'latin1').toString('base64') };
}

/** `Basic dXNlcjpw` is repeated whole or without its first word. */
const partsOf = (secret: string): string[] => [secret, secret.slice(secret.indexOf(' ') + 1)];

/** The longest first, of which shorter ones may be a part. */
const masked = (text: string, secrets: readonly string[]): string =>
  [...secrets]
    .sort((one, other) => other.length - one.length)
    .reduce((left, secret) => left.replaceAll(secret, MASK), text);
