import fc from 'fast-check';
import { isTooDeep, replaceTopLevelValue } from './json-body';

const nested = (levels: number): Buffer => Buffer.from('['.repeat(levels) + ']'.repeat(levels));

describe('isTooDeep', () => {
  it('takes 32 levels and no more', () => {
    expect(isTooDeep(nested(32))).toBe(false);
    expect(isTooDeep(nested(33))).toBe(true);
  });

  it('does not count brackets inside strings', () => {
    const body = Buffer.from(JSON.stringify({ text: `"\\"${'{['.repeat(100)}\\` }));
    expect(isTooDeep(body)).toBe(false);
  });

  it('ends on bytes that are no JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        isTooDeep(bytes);
      }),
    );
  });

  it('agrees with the parsed value', () => {
    const depth = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? 1 + Math.max(0, ...Object.values(value).map(depth))
        : 0;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 1, max: 6 }), (value, max) => {
        expect(isTooDeep(Buffer.from(JSON.stringify(value)), max)).toBe(depth(value) > max);
      }),
    );
  });
});

describe('replaceTopLevelValue', () => {
  it('changes the value and no other byte', () => {
    const before = '\n{ "a": [1, {"to": "+1"}] , "to" :  "+905321234567"\t, "z":"é,}\\"" }  ';
    const after = replaceTopLevelValue(Buffer.from(before), 'to', '"905321234567"').toString();
    expect(after).toBe(before.replace('"+905321234567"', '"905321234567"'));
  });

  it('changes the last of two fields of one name, which is the one that counts', () => {
    const body = Buffer.from('{"to":"+1","\\u0074o":"+2"}');
    expect(replaceTopLevelValue(body, 'to', '"2"').toString()).toBe('{"to":"+1","\\u0074o":"2"}');
  });

  it('leaves every other field of any object as it was', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 });
    fc.assert(
      fc.property(object, fc.string(), fc.jsonValue(), fc.nat(3), (others, name, old, blanks) => {
        const value = JSON.parse(JSON.stringify({ ...others, [name]: old })) as object;
        const body = Buffer.from(JSON.stringify(value, null, blanks));
        const replaced = replaceTopLevelValue(body, name, '"new"').toString();
        expect(JSON.parse(replaced)).toEqual(
          JSON.parse(JSON.stringify({ ...value, [name]: 'new' })),
        );
      }),
    );
  });
});
