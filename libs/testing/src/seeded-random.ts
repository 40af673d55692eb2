import { createHash } from 'node:crypto';
import type { Random } from '@gateway/platform';

/** The same bytes in the same order for the same seed: SHA-256 in counter mode. */
export function seededRandom(seed: number | string): Random {
  let counter = 0;
  let rest = Buffer.alloc(0);
  return {
    bytes: (size) => {
      while (rest.length < size) {
        const block = createHash('sha256').update(`${seed}:${counter}`).digest();
        rest = Buffer.concat([rest, block]);
        counter += 1;
      }
      const bytes = Buffer.from(rest.subarray(0, size));
      rest = rest.subarray(size);
      return bytes;
    },
  };
}
