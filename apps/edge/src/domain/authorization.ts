import { AppError } from '@gateway/errors';

const SCHEME = 'bearer ';

/**
 * The token of an `Authorization: Bearer <token>` header.
 * @param header the header's value, `undefined` when there is none
 * @param count how many `Authorization` headers the request has
 * @throws AppError AUTH_002 without a header, AUTH_003 when it has another form or is given twice
 */
export function bearerToken(header: string | undefined, count = 1): string {
  if (header === undefined) throw new AppError('AUTH_002');
  if (count > 1 || header.slice(0, SCHEME.length).toLowerCase() !== SCHEME) {
    throw new AppError('AUTH_003');
  }
  const token = header.slice(SCHEME.length).trim();
  if (token === '' || token.includes(' ')) throw new AppError('AUTH_003');
  return token;
}

/** How many headers of a lower-case name stand in Node's flat list of names and values. */
export function countHeaders(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) count++;
  }
  return count;
}
