import { AppError } from '@gateway/errors';

/** As many as auth lets wait while it rests: one more would be refused there, after a way through the whole broker. */
const AT_ONCE = 3;
const RETRY_AFTER_SECONDS = 1;
/** Beside other edges auth may have no place for one of this one; whoever follows him at once would have none either. */
const REFUSED_REST_MS = 100;

/** How many requests are on their way at once for which a password must be hashed. */
export class PasswordRoom {
  private count = 0;

  /** @param later calls after so many milliseconds */
  constructor(private readonly later: (call: () => void, afterMs: number) => void) {}

  /** @throws AppError RATE_003 when there is no room; nobody is asked anything */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.count >= AT_ONCE) {
      const params = { retry_after: `${RETRY_AFTER_SECONDS}s` };
      throw new AppError('RATE_003', { params, retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    this.count++;
    try {
      const result = await work();
      this.leave();
      return result;
    } catch (error) {
      const isRefused = error instanceof AppError && error.code === 'RATE_003';
      if (isRefused) this.later(this.leave, REFUSED_REST_MS);
      else this.leave();
      throw error;
    }
  }

  private readonly leave = (): void => {
    this.count--;
  };
}
