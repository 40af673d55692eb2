import { AppError } from '@gateway/errors';

/** As many as auth lets run and wait: one more would be refused there, after a way through the whole broker. */
const AT_ONCE = 4;
const RETRY_AFTER_SECONDS = 1;

/** How many requests are on their way at once for which a password must be hashed. */
export class PasswordRoom {
  private count = 0;

  /** @throws AppError RATE_003 when there is no room; nobody is asked anything */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.count >= AT_ONCE) {
      const params = { retry_after: `${RETRY_AFTER_SECONDS}s` };
      throw new AppError('RATE_003', { params, retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    this.count++;
    try {
      return await work();
    } finally {
      this.count--;
    }
  }
}
