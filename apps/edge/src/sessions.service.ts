import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@gateway/errors';
import { CLOCK, type Clock } from '@gateway/platform';
import { KeyCacheService } from './key-cache.service';
import { OwnersService } from './owners.service';

/** Auth's own answer is believed this long without asking again; far below the 5 s in which an end must show. */
const CONFIRMED_MS = 1_000;
const CONFIRMED_MAX = 10_000;
/** With auth and its topic both gone, a session goes on for this long. */
const OUTAGE_GRACE_MS = 60_000;

/** Whether a session has ended: from the topic while it is fresh, else from auth (`design.md` section 3). */
@Injectable()
export class SessionsService {
  /** Unix milliseconds until which auth's answer is believed, by session and version; oldest first. */
  private readonly confirmedUntilMs = new Map<string, number>();
  private readonly checks = new Map<string, Promise<void>>();

  constructor(
    private readonly cache: KeyCacheService,
    private readonly owners: OwnersService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AppError AUTH_011 when the session has ended or changed, GW_008 when nobody can say */
  async check(sessionId: string, tokenVersion: number): Promise<void> {
    if (!this.cache.view.admits(sessionId, tokenVersion)) throw new AppError('AUTH_011');
    const name = `${sessionId}:${tokenVersion}`;
    if (this.cache.isFresh() || this.isConfirmed(name)) return;
    const running = this.checks.get(name);
    if (running) return running;
    const check = this.ask(sessionId, tokenVersion).finally(() => this.checks.delete(name));
    this.checks.set(name, check);
    return check;
  }

  private async ask(sessionId: string, tokenVersion: number): Promise<void> {
    try {
      const request = { sessionId, tokenVersion };
      const { isInForce } = await this.owners.ask('auth', 'session.check', request, sessionId);
      if (!isInForce) throw new AppError('AUTH_011');
      this.confirm(`${sessionId}:${tokenVersion}`);
    } catch (error) {
      const isSilent = error instanceof AppError && error.code === 'GW_008';
      const isInGrace = this.clock.nowMs() - this.cache.lastFreshAtMs < OUTAGE_GRACE_MS;
      if (!isSilent || !isInGrace) throw error;
    }
  }

  private isConfirmed(name: string): boolean {
    return (this.confirmedUntilMs.get(name) ?? 0) > this.clock.nowMs();
  }

  private confirm(name: string): void {
    this.confirmedUntilMs.delete(name);
    this.confirmedUntilMs.set(name, this.clock.nowMs() + CONFIRMED_MS);
    if (this.confirmedUntilMs.size <= CONFIRMED_MAX) return;
    const oldest = this.confirmedUntilMs.keys().next();
    if (!oldest.done) this.confirmedUntilMs.delete(oldest.value);
  }
}
