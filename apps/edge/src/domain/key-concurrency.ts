import type { KeyContext } from '@gateway/contracts';
import { AppError } from '@gateway/errors';

const RETRY_AFTER_SECONDS = 1;

/** How many requests of each key run at once; only of keys that have a limit. */
export class KeyConcurrency {
  private readonly countByKey = new Map<string, number>();

  /** @throws AppError RATE_002 when as many run as the key allows */
  async run<Result>(
    { keyId, concurrencyLimit }: Pick<KeyContext, 'keyId' | 'concurrencyLimit'>,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (concurrencyLimit === null || concurrencyLimit === undefined) return work();
    const count = this.countByKey.get(keyId) ?? 0;
    if (count >= concurrencyLimit) {
      throw new AppError('RATE_002', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    this.countByKey.set(keyId, count + 1);
    try {
      return await work();
    } finally {
      const left = (this.countByKey.get(keyId) ?? 1) - 1;
      if (left > 0) this.countByKey.set(keyId, left);
      else this.countByKey.delete(keyId);
    }
  }

  /** Keys with requests that run. */
  get size(): number {
    return this.countByKey.size;
  }
}
