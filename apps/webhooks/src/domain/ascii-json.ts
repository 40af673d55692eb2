const NON_ASCII = /[\u0080-\uffff]/g;

/**
 * The same JSON in ASCII: each UTF-16 unit above it as `\uXXXX` in lower case. Only text inside of strings can be above
 * ASCII, so nothing is parsed: numbers beyond 2^53, the order of keys, `\/` and lone surrogates stay as they came.
 */
export function asciiJson(json: Buffer): Buffer {
  if (isAscii(json)) return json;
  return Buffer.from(json.toString('utf8').replace(NON_ASCII, escaped), 'latin1');
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

function isAscii(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte > 0x7f) return false;
  return true;
}
