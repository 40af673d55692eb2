/** Finding and cutting inside JSON bytes without parsing and writing them again: numbers and spellings stay as they are. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING_OBJECT = 0x7b;
const OPENING_ARRAY = 0x5b;
const OPENING = new Set([OPENING_OBJECT, OPENING_ARRAY]);
const CLOSING = new Set([0x7d, 0x5d]);
const WHITESPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Whether the bytes are those of an object, should they be valid JSON. */
export const isJsonObject = (body: Buffer): boolean =>
  body[skipWhitespace(body, 0)] === OPENING_OBJECT;

/** Bytes from `start` up to, not including, `end`. */
export interface JsonRange {
  readonly start: number;
  readonly end: number;
}

/** A member of an object: its name with the quotes, and its value. */
export interface JsonMember {
  readonly nameStart: number;
  readonly value: JsonRange;
}

/**
 * The member of the object that begins at `objectStart`; its last one of that name, as parsers take that.
 *
 * @param body valid JSON
 */
export function findMember(body: Buffer, objectStart: number, name: string): JsonMember | null {
  let found: JsonMember | null = null;
  let at = skipWhitespace(body, objectStart) + 1;
  for (;;) {
    at = skipWhitespace(body, at);
    if (body[at] !== QUOTE) return found;
    const nameStart = at;
    const nameEnd = endOfText(body, at);
    const start = skipWhitespace(body, skipWhitespace(body, nameEnd) + 1);
    const end = endOfValue(body, start);
    if (parseText(body.toString('utf8', nameStart, nameEnd)) === name) {
      found = { nameStart, value: { start, end } };
    }
    at = skipWhitespace(body, end);
    if (body[at] !== COMMA) return found;
    at += 1;
  }
}

/** Where the object stands that a path of names leads to; a list on the way is entered at its first element. */
export function findObject(body: Buffer, path: readonly string[]): number | null {
  let at = skipWhitespace(body, 0);
  for (const name of path) {
    if (body[at] !== OPENING_OBJECT) return null;
    const member = findMember(body, at, name);
    if (!member) return null;
    at = member.value.start;
    if (body[at] === OPENING_ARRAY) at = skipWhitespace(body, at + 1);
  }
  return body[at] === OPENING_OBJECT ? at : null;
}

/** The bytes with a member taken out, and one of the commas beside it. */
export function withoutMember(body: Buffer, { nameStart, value }: JsonMember): Buffer {
  const after = skipWhitespace(body, value.end);
  if (body[after] === COMMA) return splice(body, { start: nameStart, end: after + 1 }, '');
  const before = skipWhitespaceBack(body, nameStart);
  const start = body[before] === COMMA ? before : nameStart;
  return splice(body, { start, end: value.end }, '');
}

/** The bytes with one member more, in front of the others. */
export function withFirstMember(body: Buffer, member: string): Buffer {
  const start = skipWhitespace(body, 0) + 1;
  const isEmpty = CLOSING.has(body[skipWhitespace(body, start)] ?? 0);
  return splice(body, { start, end: start }, isEmpty ? member : `${member},`);
}

/** The bytes with a range replaced by a text. */
export function splice(body: Buffer, { start, end }: JsonRange, text: string): Buffer {
  const textBytes = Buffer.byteLength(text);
  const result = Buffer.allocUnsafe(body.length - (end - start) + textBytes);
  body.copy(result, 0, 0, start);
  result.write(text, start);
  body.copy(result, start + textBytes, end);
  return result;
}

/** A JSON value that is a text, or null when it is anything else. */
export function parseText(json: string): string | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

function endOfText(body: Buffer, start: number): number {
  for (let at = start + 1; at < body.length; at += 1) {
    if (body[at] === BACKSLASH) at += 1;
    else if (body[at] === QUOTE) return at + 1;
  }
  return body.length;
}

/** End of the JSON value that starts here, without the whitespace behind it. */
function endOfValue(body: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < body.length;) {
    const byte = body[at] ?? 0;
    if (depth === 0 && at > start && isDelimiter(byte)) return at;
    if (byte === QUOTE) at = endOfText(body, at);
    else at += 1;
    if (OPENING.has(byte)) depth += 1;
    if (CLOSING.has(byte)) depth -= 1;
    if (depth === 0 && (byte === QUOTE || CLOSING.has(byte))) return at;
  }
  return body.length;
}

const isDelimiter = (byte: number): boolean =>
  byte === COMMA || CLOSING.has(byte) || WHITESPACE.has(byte);

function skipWhitespace(body: Buffer, start: number): number {
  let at = start;
  while (WHITESPACE.has(body[at] ?? 0)) at += 1;
  return at;
}

/** The last byte before `end` that is no whitespace. */
function skipWhitespaceBack(body: Buffer, end: number): number {
  let at = end - 1;
  while (WHITESPACE.has(body[at] ?? 0)) at -= 1;
  return at;
}
