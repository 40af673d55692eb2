import { runInNewContext } from 'node:vm';
import { asciiOf } from './ascii';

describe('a program in ASCII', () => {
  it.each([
    "'ż and 🚀'",
    '`${1}～`',
    "'\\ż'",
    "'\\\\ż'",
    "/[à-ü]+/.exec('aéa')[0]",
    "/^\\＠$/.test('＠')",
    "/^[🚀-🚂]$/u.test('🚁')",
    "/* ─ */ '\\u2028'.length",
  ])('gives the same: %s', (program) => {
    const ascii = asciiOf(program);
    expect(ascii).toMatch(/^[\0-\x7f]*$/);
    expect(runInNewContext(ascii)).toEqual(runInNewContext(program));
  });
});
