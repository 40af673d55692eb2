import { randomBytes } from 'node:crypto';

/** Randomness, injected so that tests can repeat a run. */
export interface Random {
  /** Unpredictable bytes that nobody else holds. */
  bytes(size: number): Buffer;
}

/** Nest token of the `Random`. */
export const RANDOM = Symbol('Random');

const POOL_BYTES = 8_192;
const POOLED_BYTES_MAX = 64;

/** Small requests are cut from a pool: one call of the generator for each id would cost more than the id. */
class PooledRandom implements Random {
  private pool = Buffer.alloc(0);
  private used = 0;

  bytes(size: number): Buffer {
    if (size > POOLED_BYTES_MAX) return randomBytes(size);
    if (this.used + size > this.pool.length) {
      this.pool = randomBytes(POOL_BYTES);
      this.used = 0;
    }
    const start = this.used;
    this.used += size;
    return this.pool.subarray(start, this.used);
  }
}

export const systemRandom: Random = new PooledRandom();
