import fc from 'fast-check';
import { JsonCursor, JsonSyntaxError } from './json-cursor';

const LEVELS_MAX = 64;

/** Whether the cursor takes the bytes for one JSON value. */
function isTaken(json: Buffer): boolean {
  const cursor = new JsonCursor(json, LEVELS_MAX);
  try {
    cursor.value();
    cursor.end();
    return true;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

it.each([
  ' {"a" : [1, -0, 0.5, 1e9, 1E+2, 2e-3, 9689556908129832001], "b":{},"c":[ ]} \n',
  '"\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u00e4 \\uD83D"',
  '"ä 👋 \u2028 \u007f"',
  'true',
  'false',
  'null',
  '0',
  '[[],{},"",null]',
])('takes %s', (text) => {
  expect(isTaken(Buffer.from(text))).toBe(true);
});

it.each([
  '',
  ' ',
  '{',
  '}',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{,}',
  '{a:1}',
  "{'a':1}",
  '{"a":1 "b":2}',
  '{"a":1]',
  '[1,]',
  '[,1]',
  '[1 2]',
  '[1}',
  '01',
  '-',
  '+1',
  '.5',
  '1.',
  '1e',
  '1e+',
  '0x1',
  'NaN',
  'tru',
  'trueish',
  'nul',
  '"',
  '"\\',
  '"\\x"',
  '"\\u12"',
  '"\\u12g4"',
  '"a\nb"',
  '"a\u0000b"',
  '{} {}',
  '1 2',
  '// a\n1',
])('refuses %j', (text) => {
  expect(isTaken(Buffer.from(text))).toBe(false);
});

it('takes what JSON.parse takes and nothing else', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 2 }), (json, place, junk) => {
      const at = place % (json.length + 1);
      const broken = json.slice(0, at) + junk + json.slice(at + 1);
      expect(isTaken(Buffer.from(json))).toBe(true);
      expect(isTaken(Buffer.from(broken))).toBe(isJson(Buffer.from(broken).toString()));
    }),
    { numRuns: 2_000 },
  );
});

it('refuses what nests deeper than the limit, however deep, without growing its stack', () => {
  const nested = (levels: number): Buffer => Buffer.from('['.repeat(levels) + ']'.repeat(levels));
  expect(isTaken(nested(LEVELS_MAX))).toBe(true);
  expect(isTaken(nested(LEVELS_MAX + 1))).toBe(false);
  expect(isTaken(nested(1_000_000))).toBe(false);
});

it('says where values lie and what names and strings mean', () => {
  const text = ' { "n\\u0061me" : "v\\u00e4" , "number": 12 , "list":[ 1 ,{} ] } ';
  const cursor = new JsonCursor(Buffer.from(text), LEVELS_MAX);
  const seen: unknown[] = [];
  const span = cursor.object((name) => {
    if (name === 'list') cursor.array(() => seen.push(cursor.value()));
    else seen.push(name, cursor.stringValue());
  });
  cursor.end();
  const listAt = text.indexOf('[');
  expect(seen).toEqual([
    'name',
    'vä',
    'number',
    null,
    { start: listAt + 2, end: listAt + 3 },
    { start: listAt + 5, end: listAt + 7 },
  ]);
  expect(text.slice(span.start, span.end)).toBe(text.trim());
});
