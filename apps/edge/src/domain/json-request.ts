import { AppError } from '@gateway/errors';
import { isJsonContentType } from './content-type';
import { isObject, type JsonObject } from './findings';
import { isTooDeep, NESTING_LEVELS_MAX } from './json-body';

/** A byte order mark is no JSON, so it is not skipped; bytes that are no UTF-8 throw. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The JSON object of a request's body; undefined when there is no body, which needs no Content-Type.
 * @throws AppError GW_009 for another content type, GW_002 for what is no JSON, GW_003 for what is no object or too deep
 */
export function jsonObjectOf(
  body: Uint8Array | undefined,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): JsonObject | undefined {
  if (body === undefined || body.length === 0) return undefined;
  const { 'content-type': contentType, 'content-encoding': encoding = 'identity' } = headers;
  const isJson = typeof contentType === 'string' && isJsonContentType(contentType);
  if (!isJson || encoding !== 'identity') throw new AppError('GW_009');
  if (isTooDeep(body)) throw refused(`must not nest deeper than ${NESTING_LEVELS_MAX} levels`);
  const parsed = parse(body);
  if (!isObject(parsed)) throw refused('must be an object');
  return parsed;
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body)) as unknown;
  } catch {
    throw new AppError('GW_002');
  }
}

const refused = (reason: string): AppError =>
  new AppError('GW_003', { params: { fields: [{ path: '$', reason }] } });
