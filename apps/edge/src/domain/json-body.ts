/** Deeper than Meta's deepest message by far; a deeper body is an attack on whoever walks it. */
export const NESTING_LEVELS_MAX = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

/** Whether JSON nests deeper than the limit; also of bytes that are no JSON, so that it can run before the parser. */
export function isTooDeep(json: Uint8Array, levelsMax = NESTING_LEVELS_MAX): boolean {
  let level = 0;
  for (let index = 0; index < json.length; index++) {
    const byte = json[index];
    if (byte === QUOTE) {
      index = stringEnd(json, index) - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++level > levelsMax) return true;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      level--;
    }
  }
  return false;
}

/**
 * The same bytes with the value of one top-level field replaced; of a name given twice the last, which is the one that
 * parsers keep.
 * @param json a valid JSON object that has the field
 */
export function replaceTopLevelValue(json: Buffer, name: string, value: string): Buffer {
  let start = -1;
  let end = -1;
  let index = skipBlanks(json, 0) + 1;
  for (;;) {
    index = skipBlanks(json, index);
    if (json[index] !== QUOTE) break;
    const keyEnd = stringEnd(json, index);
    const isMatch = JSON.parse(json.toString('utf8', index, keyEnd)) === name;
    const valueStart = skipBlanks(json, skipBlanks(json, keyEnd) + 1);
    index = valueEnd(json, valueStart);
    if (isMatch) {
      start = valueStart;
      end = index;
    }
    index = skipBlanks(json, index);
    if (json[index] !== COMMA) break;
    index++;
  }
  if (start < 0) throw new RangeError(`No field ${name} at the top level.`);
  return Buffer.concat([json.subarray(0, start), Buffer.from(value), json.subarray(end)]);
}

/** Index behind the closing quote of the string that begins at `start`; the length when it never closes. */
function stringEnd(json: Uint8Array, start: number): number {
  for (let index = start + 1; index < json.length; index++) {
    const byte = json[index];
    if (byte === BACKSLASH) index++;
    else if (byte === QUOTE) return index + 1;
  }
  return json.length;
}

function valueEnd(json: Uint8Array, start: number): number {
  const first = json[start];
  if (first === QUOTE) return stringEnd(json, start);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return containerEnd(json, start);
  let index = start;
  while (index < json.length && !isDelimiter(json[index])) index++;
  return index;
}

function containerEnd(json: Uint8Array, start: number): number {
  let level = 0;
  for (let index = start; index < json.length; index++) {
    const byte = json[index];
    if (byte === QUOTE) {
      index = stringEnd(json, index) - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      level++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (--level === 0) return index + 1;
    }
  }
  return json.length;
}

const isDelimiter = (byte: number | undefined): boolean =>
  byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isBlank(byte);

function skipBlanks(json: Uint8Array, start: number): number {
  let index = start;
  while (isBlank(json[index])) index++;
  return index;
}

const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
