import { API_KEY_RANDOM_LENGTH, TEST_NUMBER_HASH_PREFIX, formatApiKey } from '@gateway/contracts';
import type { KeyEnvironment } from '@gateway/contracts';
import { hmacSha256Hex } from '@gateway/platform';
import { encodeBase62 } from './domain/base62';

export const API_KEY_BYTES = 32;

/** The forms in which keys and test numbers are stored and travel: keyed hashes, so that a dump tries none of them. */
export class KeyHasher {
  constructor(private readonly secret: Buffer) {}

  hashKey(key: string): string {
    return hmacSha256Hex(this.secret, key);
  }

  /** The name under which attempts of an account or address are counted. */
  hashAttempt(name: string): string {
    return hmacSha256Hex(this.secret, `attempt|${name}`);
  }

  /** @param digits the number in E.164 without its plus */
  hashNumber(digits: string): string {
    return hmacSha256Hex(this.secret, TEST_NUMBER_HASH_PREFIX + digits);
  }
}

/** An API key that holds exactly these `API_KEY_BYTES` bytes. */
export const apiKeyOf = (environment: KeyEnvironment, bytes: Buffer): string =>
  formatApiKey(environment, encodeBase62(bytes, API_KEY_RANDOM_LENGTH));
