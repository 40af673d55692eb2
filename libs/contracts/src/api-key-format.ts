import type { KeyEnvironment } from './tenancy';

/** `contract.md` section 2: prefix, 43 characters of this alphabet, 6 characters of checksum over the 43. */
export const API_KEY_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
export const API_KEY_RANDOM_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

export const API_KEY_PREFIXES = { production: 'pk_', staging: 'sk_' } as const satisfies Record<
  KeyEnvironment,
  string
>;

const API_KEY = /^[ps]k_[0-9A-Za-z]{49}$/;
const RANDOM_PART = /^[0-9A-Za-z]{43}$/;
const PREFIX_LENGTH = 3;

/** Keyed hashes of registered test numbers are taken over this and the digits, so that they meet no key's hash. */
export const TEST_NUMBER_HASH_PREFIX = 'number:';

const CRC32_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let remainder = index;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  }
  return remainder >>> 0;
});

/** CRC-32 (IEEE) of ASCII text. */
function crc32(ascii: string): number {
  let remainder = 0xffffffff;
  for (let index = 0; index < ascii.length; index++) {
    const entry = CRC32_TABLE[(remainder ^ ascii.charCodeAt(index)) & 0xff] ?? 0;
    remainder = (remainder >>> 8) ^ entry;
  }
  return (remainder ^ 0xffffffff) >>> 0;
}

function checksum(randomCharacters: string): string {
  let rest = crc32(randomCharacters);
  let digits = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place++) {
    digits = API_KEY_ALPHABET.charAt(rest % API_KEY_ALPHABET.length) + digits;
    rest = Math.floor(rest / API_KEY_ALPHABET.length);
  }
  return digits;
}

/**
 * The whole API key for 43 random characters of the alphabet.
 * @throws RangeError when these are not 43 characters of the alphabet
 */
export function formatApiKey(environment: KeyEnvironment, randomCharacters: string): string {
  if (!RANDOM_PART.test(randomCharacters)) {
    throw new RangeError(`An API key needs ${API_KEY_RANDOM_LENGTH} characters of its alphabet.`);
  }
  return API_KEY_PREFIXES[environment] + randomCharacters + checksum(randomCharacters);
}

/** Whether text can be an API key: form and checksum, so that a mistyped key costs no lookup. */
export function isApiKey(text: string): boolean {
  if (!API_KEY.test(text)) return false;
  const checksumStart = PREFIX_LENGTH + API_KEY_RANDOM_LENGTH;
  return checksum(text.slice(PREFIX_LENGTH, checksumStart)) === text.slice(checksumStart);
}
