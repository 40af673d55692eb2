import { AppError } from '@gateway/errors';
import { CLOCK, type Clock } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { AttemptsStore } from './attempts.store';
import {
  ATTEMPT_LIMITS,
  retryAfterSeconds,
  type Attempt,
  type AttemptLimit,
} from './domain/attempts';
import { KeyHasher } from './key-hasher';

interface Who {
  /** What is tried: an address, a number, an id; its form must be the one that is compared. */
  readonly account: string;
  /** Where the request came from. */
  readonly address: string;
}

/** Slows down whoever guesses: by account, and by the address that the guesses come from. */
@Injectable()
export class AttemptsService {
  constructor(
    private readonly store: AttemptsStore,
    private readonly hasher: KeyHasher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AppError RATE_003 when there were too many of late */
  async count(attempt: Attempt, { account, address }: Who): Promise<void> {
    const { account: ofAccount, address: ofAddress } = ATTEMPT_LIMITS[attempt];
    const limits = new Map<string, AttemptLimit>([
      [this.name(attempt, 'account', account), ofAccount],
      [this.name(attempt, 'address', address), ofAddress],
    ]);
    const nowMs = this.clock.nowMs();
    const attempts = [...limits].map(([name, { windowMs }]) => ({ name, windowMs }));
    const counts = await this.store.count(attempts, new Date(nowMs));
    const untilMs = counts
      .filter(({ name, count }) => count > (limits.get(name)?.attemptsMax ?? 0))
      .map(({ windowEndsAt }) => windowEndsAt.getTime());
    if (untilMs.length === 0) return;
    const seconds = retryAfterSeconds(Math.max(...untilMs), nowMs);
    throw new AppError('RATE_003', { params: { retry_after: `${seconds}s` } });
  }

  /** The account's owner has shown himself: what was guessed before him no longer counts. */
  async forget(attempt: Attempt, account: string): Promise<void> {
    await this.store.forget(this.name(attempt, 'account', account));
  }

  private name(attempt: Attempt, kind: 'account' | 'address', value: string): string {
    return this.hasher.hashAttempt(`${attempt}|${kind}|${value}`);
  }
}
