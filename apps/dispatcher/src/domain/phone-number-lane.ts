import { LearnedRate } from './learned-rate';

export interface LaneSettings {
  readonly ratePerSecond: number;
  /** Concurrent calls of one number. */
  readonly callsMax: number;
  /** A message waits for its permit this long at most. */
  readonly waitMsMax: number;
}

interface Waiting<T> {
  readonly item: T;
  readonly sinceMs: number;
  readonly deadlineMs: number;
}

export interface Drained<T> {
  readonly granted: T[];
  /** Waited too long, or their own time is over. */
  readonly refused: T[];
}

/** Weight of the newest gap between two ended calls while others waited for their end. */
const GAP_WEIGHT = 0.1;

/**
 * Who may call Meta for one phone number, and when: a token bucket, a cap on concurrent calls, and a queue that is
 * shorter than anybody's patience. What would wait longer than `waitMsMax`, or past its own time, is refused at once:
 * a throttled or hanging number holds its messages back, and nobody else's.
 */
export class PhoneNumberLane<T> {
  private readonly rate: LearnedRate;
  private tokens: number;
  private refilledMs: number | null = null;
  private queue: Waiting<T>[] = [];
  private head = 0;
  private running = 0;
  /** When a call ended last, or the lane left its rest. */
  private lastEndMs = 0;
  private gapMs = 0;

  constructor(private readonly settings: LaneSettings) {
    this.rate = new LearnedRate(settings.ratePerSecond);
    this.tokens = settings.ratePerSecond;
  }

  get callsRunning(): number {
    return this.running;
  }

  get waitingCount(): number {
    return this.queue.length - this.head;
  }

  /** Nothing runs and nothing waits: the lane may be forgotten. */
  get isIdle(): boolean {
    return this.running === 0 && this.waitingCount === 0;
  }

  get ratePerSecond(): number {
    return this.rate.perSecond;
  }

  /**
   * @param callsMax what the process as a whole leaves to one number, when that is less than the number's own cap
   * @returns `granted`: to be given back with `release`; `queued`: comes out of `drain`; `refused`: neither
   */
  ask(
    item: T,
    deadlineMs: number,
    nowMs: number,
    callsMax: number,
  ): 'granted' | 'queued' | 'refused' {
    this.refill(nowMs);
    if (this.waitingCount === 0 && this.take(nowMs, callsMax)) return 'granted';
    const waitMs = this.expectedWaitMs(nowMs, callsMax);
    if (waitMs > this.settings.waitMsMax || nowMs + waitMs >= deadlineMs) return 'refused';
    this.queue.push({ item, sinceMs: nowMs, deadlineMs });
    return 'queued';
  }

  /** Hands out what may go now, and what has waited too long. */
  drain(nowMs: number, callsMax: number): Drained<T> {
    this.refill(nowMs);
    const granted: T[] = [];
    const refused: T[] = [];
    for (let first = this.queue[this.head]; first; first = this.queue[this.head]) {
      if (nowMs - first.sinceMs > this.settings.waitMsMax || nowMs >= first.deadlineMs) {
        refused.push(first.item);
      } else if (this.take(nowMs, callsMax)) granted.push(first.item);
      else break;
      this.head += 1;
    }
    if (this.head === this.queue.length) {
      this.queue = [];
      this.head = 0;
    }
    return { granted, refused };
  }

  /** A permit comes back: the call ended, or (`wasUsed` false) was never made. */
  release(nowMs: number, wasUsed: boolean): void {
    this.running -= 1;
    if (!wasUsed) {
      this.tokens += 1;
      return;
    }
    // While nobody waits, calls end as seldom as messages come, which says nothing about how fast they could.
    if (this.waitingCount === 0) this.gapMs = 0;
    else this.gapMs += GAP_WEIGHT * (Math.max(0, nowMs - this.lastEndMs) - this.gapMs);
    this.lastEndMs = nowMs;
  }

  /** Meta said 130429. */
  throttled(nowMs: number): void {
    this.rate.throttled(nowMs);
    this.tokens = 0;
  }

  /** Whole seconds after which a message that was refused has a chance, at least 1. */
  retryAfterSeconds(nowMs: number): number {
    return Math.max(1, Math.ceil((this.rate.heldUntilMs - nowMs) / 1_000));
  }

  private take(nowMs: number, callsMax: number): boolean {
    if (this.tokens < 1 || nowMs < this.rate.heldUntilMs) return false;
    if (this.running >= Math.min(callsMax, this.settings.callsMax)) return false;
    if (this.running === 0) {
      this.lastEndMs = nowMs;
      this.gapMs = 0;
    }
    this.tokens -= 1;
    this.running += 1;
    return true;
  }

  private refill(nowMs: number): void {
    this.rate.tick(nowMs, this.waitingCount > 0 && this.tokens < 1);
    if (this.refilledMs !== null) {
      const elapsedMs = Math.max(0, nowMs - this.refilledMs);
      const { perSecond } = this.rate;
      this.tokens = Math.min(Math.max(1, perSecond), this.tokens + (elapsedMs * perSecond) / 1_000);
    }
    this.refilledMs = nowMs;
  }

  private expectedWaitMs(nowMs: number, callsMax: number): number {
    const ahead = this.waitingCount + 1;
    const holdMs = Math.max(0, this.rate.heldUntilMs - nowMs);
    const tokenMs = holdMs + (Math.max(0, ahead - this.tokens) * 1_000) / this.rate.perSecond;
    if (this.running < Math.min(callsMax, this.settings.callsMax)) return tokenMs;
    // At the cap, and nothing has come back for as long as anybody would wait: the number hangs.
    if (nowMs - this.lastEndMs > this.settings.waitMsMax) return Number.POSITIVE_INFINITY;
    return Math.max(tokenMs, ahead * this.gapMs);
  }
}
