/** JSON text as Meta writes it: ASCII with lower-case escapes, and a backslash in front of every slash. */
export const asMetaWrites = (json: string): string =>
  PLAIN.test(json)
    ? json
    : json
        .replaceAll('/', '\\/')
        .replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const PLAIN = /^[\x20-\x2e\x30-\x7e]*$/;
const NOT_ASCII = /[^\x20-\x7e]/g;
