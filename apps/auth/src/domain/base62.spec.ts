import fc from 'fast-check';
import {
  API_KEY_ALPHABET,
  API_KEY_RANDOM_LENGTH,
  formatApiKey,
  isApiKey,
} from '@gateway/contracts';
import { encodeBase62 } from './base62';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

const decode = (digits: string): bigint =>
  Array.from(digits).reduce(
    (sum, digit) => sum * 62n + BigInt(API_KEY_ALPHABET.indexOf(digit)),
    0n,
  );

describe('encodeBase62', () => {
  it('turns any 32 bytes into 43 digits that an API key can hold', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        const digits = encodeBase62(bytes, API_KEY_RANDOM_LENGTH);
        expect(isApiKey(formatApiKey('production', digits))).toBe(true);
      }),
    );
  });

  it('loses no bit', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        const number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
        expect(decode(encodeBase62(bytes, API_KEY_RANDOM_LENGTH))).toBe(number);
      }),
    );
  });

  it('refuses what needs more digits', () => {
    expect(() => encodeBase62(new Uint8Array(32).fill(255), 42)).toThrow(RangeError);
  });
});
