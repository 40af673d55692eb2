import { asciiJson } from './ascii-json';

const ascii = (json: string) => asciiJson(Buffer.from(json)).toString('latin1');

describe('asciiJson', () => {
  it('54: escapes what is above ASCII in lower case, pairs and U+2028 too, keys too', () => {
    expect(ascii('{"é":"Olá 👋🏽 \u2028 \uffff ÿ\u0080"}')).toBe(
      '{"\\u00e9":"Ol\\u00e1 \\ud83d\\udc4b\\ud83c\\udffd \\u2028 \\uffff \\u00ff\\u0080"}',
    );
  });

  it('54: leaves big numbers, order, repeated keys, blanks and escapes as they came', () => {
    const json =
      '{ "b": 12345678901234567890, "a": 1.10, "a": 1e400, "s": "\\/ \\u00E9 \\ud83d \\n \\"", "ß": 1 }';
    expect(ascii(json)).toBe(json.replace('ß', '\\u00df'));
    expect(JSON.parse(ascii(json))).toEqual(JSON.parse(json));
  });

  it('54: keeps a lone surrogate, which has no UTF-8, as the escape that it came as', () => {
    expect(ascii('{"a":"\\ud83d","b":"é"}')).toBe('{"a":"\\ud83d","b":"\\u00e9"}');
  });

  it('gives the same bytes when there is nothing to do', () => {
    const json = Buffer.from('{"a":"b"}');
    expect(asciiJson(json)).toBe(json);
  });

  it('79: takes what is empty, no JSON, or nested 10,000 deep, without harm', () => {
    const deep = '['.repeat(10_000) + '"é"' + ']'.repeat(10_000);
    expect(ascii('')).toBe('');
    expect(ascii('not é')).toBe('not \\u00e9');
    expect(ascii(deep)).toBe(deep.replace('é', '\\u00e9'));
    expect(asciiJson(Buffer.from([0x22, 0xff, 0x22])).toString('latin1')).toBe('"\\ufffd"');
  });
});
