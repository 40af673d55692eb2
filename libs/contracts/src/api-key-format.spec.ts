import fc from 'fast-check';
import { API_KEY_ALPHABET, API_KEY_RANDOM_LENGTH, formatApiKey, isApiKey } from './api-key-format';

const randomPart = fc
  .array(fc.constantFrom(...Array.from(API_KEY_ALPHABET)), {
    minLength: API_KEY_RANDOM_LENGTH,
    maxLength: API_KEY_RANDOM_LENGTH,
  })
  .map((characters) => characters.join(''));

describe('API key format', () => {
  it('has prefix, 43 characters and 6 of checksum', () => {
    expect(formatApiKey('production', '0'.repeat(43))).toMatch(/^pk_0{43}[0-9A-Za-z]{6}$/);
    expect(formatApiKey('staging', 'z'.repeat(43))).toMatch(/^sk_z{43}[0-9A-Za-z]{6}$/);
  });

  it('is CRC-32 of the 43 characters in base 62, padded from the left', () => {
    // CRC-32 of "123456789" repeated to 43 characters, by zlib.
    const part = '1234567891234567891234567891234567891234567';
    const value = Array.from(formatApiKey('production', part).slice(-6)).reduce(
      (sum, digit) => sum * 62 + API_KEY_ALPHABET.indexOf(digit),
      0,
    );
    expect(value).toBe(1908496054);
  });

  it('accepts every key that it formats', () => {
    fc.assert(
      fc.property(
        randomPart,
        fc.constantFrom('production' as const, 'staging' as const),
        (part, environment) => isApiKey(formatApiKey(environment, part)),
      ),
    );
  });

  it('refuses a key with one character changed or two neighbours swapped', () => {
    fc.assert(
      fc.property(
        randomPart,
        fc.nat(48),
        fc.constantFrom(...Array.from(API_KEY_ALPHABET)),
        (part, index, other) => {
          const key = formatApiKey('production', part);
          const at = 3 + index;
          fc.pre(key[at] !== other);
          expect(isApiKey(key.slice(0, at) + other + key.slice(at + 1))).toBe(false);
          const next = key[at + 1];
          if (next === undefined || next === key[at]) return;
          const swapped = key.slice(0, at) + next + key.charAt(at) + key.slice(at + 2);
          expect(isApiKey(swapped)).toBe(false);
        },
      ),
    );
  });

  it('refuses anything that is no key without throwing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !isApiKey(text)));
    const key = formatApiKey('staging', 'a'.repeat(43));
    expect(isApiKey(`${key}\n`)).toBe(false);
    expect(isApiKey(` ${key}`)).toBe(false);
    expect(isApiKey(key.replace('sk_', 'xk_'))).toBe(false);
  });

  it('refuses to format anything but 43 characters of the alphabet', () => {
    expect(() => formatApiKey('staging', 'a'.repeat(42))).toThrow(RangeError);
    expect(() => formatApiKey('staging', `${'a'.repeat(42)}-`)).toThrow(RangeError);
  });
});
