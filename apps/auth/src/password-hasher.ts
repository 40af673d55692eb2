import { AppError } from '@gateway/errors';
import { CLOCK, metrics, type Clock } from '@gateway/platform';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HashBudget } from './domain/hash-budget';
import { PasswordWorker } from './password-worker';

/** OWASP's least for Argon2id, which is the library's default: 27 ms and 19 MiB each. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const AT_ONCE = 1;
const WAITING_MAX = 3;
const RETRY_AFTER_SECONDS = 1;

const hashesRunning = metrics.gauge({
  name: 'gw_auth_password_hashes_running',
  help: 'Passwords that are being hashed or compared at this moment.',
});

/**
 * Hashes passwords, one at once and in the long run no more than the budget has time for: more would take the
 * processors from the messages. Who finds the queue full is told to try later; nothing of his is computed.
 */
@Injectable()
export class PasswordHasher implements OnModuleDestroy {
  private readonly worker = new PasswordWorker();
  private readonly budget = new HashBudget();
  private taken = 0;
  private readonly waiting: (() => void)[] = [];
  private decoy: string | undefined;

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  onModuleDestroy(): Promise<void> {
    return this.worker.close();
  }

  /** @throws AppError RATE_003 when too many hash already */
  checkRoom(): void {
    if (this.taken >= AT_ONCE && this.waiting.length >= WAITING_MAX) {
      throw new AppError('RATE_003', { params: { retry_after: `${RETRY_AFTER_SECONDS}s` } });
    }
  }

  /** @throws AppError RATE_003 when too many hash already */
  hash(password: string): Promise<string> {
    return this.inTurn(() => this.worker.hash(password, OPTIONS));
  }

  /**
   * @param stored null when there is no such user: as much is computed for him
   * @throws AppError RATE_003 when too many hash already
   */
  verify(stored: string | null, password: string): Promise<boolean> {
    return this.inTurn(async () => {
      this.decoy ??= await this.worker.hash('nobody has this password', OPTIONS);
      const isRight = await this.worker.verify(stored ?? this.decoy, password);
      return isRight && stored !== null;
    });
  }

  private async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    this.checkRoom();
    if (this.taken >= AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.taken++;
    const startedAtMs = this.clock.nowMs();
    hashesRunning.inc();
    try {
      return await work();
    } finally {
      hashesRunning.dec();
      const nowMs = this.clock.nowMs();
      const restMs = this.budget.spend(nowMs - startedAtMs, nowMs);
      if (restMs === 0) this.handOn();
      else setTimeout(this.handOn, restMs).unref();
    }
  }

  /** The turn goes to who waits longest, so that nobody comes in between. */
  private readonly handOn = (): void => {
    const next = this.waiting.shift();
    if (next) next();
    else this.taken--;
  };
}
