import { API_KEY_ALPHABET } from '@gateway/contracts';

const BASE = BigInt(API_KEY_ALPHABET.length);

/**
 * Bytes as one number in base 62, padded from the left to `length` digits. 32 bytes fill 43 digits: no entropy is
 * lost, and the same bytes always give the same text.
 * @throws RangeError when the number needs more digits
 */
export function encodeBase62(bytes: Uint8Array, length: number): string {
  let rest = bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
  let digits = '';
  while (rest > 0n) {
    digits = API_KEY_ALPHABET.charAt(Number(rest % BASE)) + digits;
    rest /= BASE;
  }
  if (digits.length > length) throw new RangeError(`${bytes.length} bytes need more digits.`);
  return digits.padStart(length, API_KEY_ALPHABET.charAt(0));
}
