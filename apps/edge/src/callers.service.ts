import { Inject, Injectable } from '@nestjs/common';
import { TEST_NUMBER_HASH_PREFIX, isApiKey } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { CLOCK, hmacSha256Hex, type Clock } from '@gateway/platform';
import { checkKeyInForce, type Caller } from './domain/admission';
import { bearerToken } from './domain/authorization';
import { EDGE_CONFIG, type EdgeConfig } from './edge.config';
import { KeysService } from './keys.service';

/** Who calls: from the Authorization header to a key that is in force. */
@Injectable()
export class CallersService {
  constructor(
    private readonly keys: KeysService,
    @Inject(EDGE_CONFIG) private readonly config: Pick<EdgeConfig, 'keyHashSecret'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * At once when the key is in the cache, else when auth has answered.
   * @throws AppError AUTH_001 to AUTH_005
   */
  authenticate(header: string | undefined, headerCount: number): Caller | Promise<Caller> {
    const token = bearerToken(header, headerCount);
    if (!isApiKey(token)) throw new AppError('AUTH_001');
    const found = this.keys.find(hmacSha256Hex(this.config.keyHashSecret, token));
    return found instanceof Promise ? this.whenLookedUp(found) : this.inForce(found);
  }

  /** Keyed hash of a number, as auth publishes those of the registered test numbers. */
  readonly hashNumber = (digits: string): string =>
    hmacSha256Hex(this.config.keyHashSecret, TEST_NUMBER_HASH_PREFIX + digits);

  private async whenLookedUp(lookup: Promise<Caller>): Promise<Caller> {
    const sinceMs = this.clock.nowMs();
    const caller = this.inForce(await lookup);
    // A clock that was set back meanwhile gives no more time.
    return { ...caller, lookupMs: Math.max(0, this.clock.nowMs() - sinceMs) };
  }

  private inForce(caller: Caller): Caller {
    checkKeyInForce(caller.key, this.clock.nowMs());
    return caller;
  }
}
