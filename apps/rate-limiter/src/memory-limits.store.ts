import { AgingMap, type Clock } from '@gateway/platform';
import { DayCount, dayLeftMs, type Day } from './domain/day-count';
import { BUCKET_MS, MINUTE_MS } from './domain/minute-window';
import { SlidingWindow } from './domain/sliding-window';
import type { Verdict } from './domain/verdict';
import { verdictKeepMs, type LimitRequest, type LimitsStore } from './limits.store';

const VERDICT_GENERATION_MS = 5_000;
const WINDOW_GENERATION_MS = 60_000;
const DAY_GENERATION_MS = 3_600_000;
/** After it the windows of a key are empty. */
const WINDOW_KEEP_MS = MINUTE_MS + BUCKET_MS;

/**
 * Windows, days and verdicts in the memory of this process: exact as long as it lives and is the only one for a key. The
 * count of the day ends with the process, and nobody else has it by key: a restart without Redis starts the day anew.
 */
export class MemoryLimitsStore implements LimitsStore {
  private readonly windows = new AgingMap<SlidingWindow>(WINDOW_GENERATION_MS);
  /** Of the keys alone whose day is limited. */
  private readonly days = new AgingMap<DayCount>(DAY_GENERATION_MS);
  private readonly verdicts = new AgingMap<Verdict>(VERDICT_GENERATION_MS);

  /**
   * @param clock never goes back
   * @param startedAtMs broker's time: what was submitted before is counted and passed, as the windows and verdicts of
   *   the process before are not known, and a copy of what it admitted must not be refused
   * @param calendar tells which day it is; `clock` stands still while the machine sleeps
   */
  constructor(
    private readonly clock: Clock,
    private readonly startedAtMs: number,
    private readonly calendar: Clock,
  ) {}

  decide(requests: readonly LimitRequest[]): Promise<readonly Verdict[]> {
    const nowMs = this.clock.nowMs();
    return Promise.resolve(requests.map((request) => this.decideOne(request, nowMs)));
  }

  decideOne(request: LimitRequest, nowMs: number): Verdict {
    const known = this.verdictOf(request);
    if (known) return known;
    const verdict = this.enterOrRefuse(request, nowMs);
    this.keep(request, verdict, nowMs);
    return verdict;
  }

  /** The verdict that a copy of the message got. */
  verdictOf({ journey }: LimitRequest): Verdict | undefined {
    return this.verdicts.get(journey.messageId);
  }

  /** Judges by the windows alone and keeps no verdict. */
  enterOrRefuse({ journey, submittedAtMs }: LimitRequest, nowMs: number): Verdict {
    const window = this.windowOf(journey.keyId, nowMs);
    const day = this.dayOf(journey, nowMs);
    return submittedAtMs < this.startedAtMs
      ? window.enter(journey.limits, nowMs, day)
      : window.decide(journey.limits, nowMs, day);
  }

  /** Enters what was admitted elsewhere, so that this memory can go on from there. */
  enter({ journey }: LimitRequest, nowMs: number): void {
    const day = this.dayOf(journey, nowMs);
    this.windowOf(journey.keyId, nowMs).enter(journey.limits, nowMs, day);
  }

  /** Every later copy of the message gets this verdict. */
  keep({ journey }: LimitRequest, verdict: Verdict, nowMs: number): void {
    this.verdicts.set(journey.messageId, verdict, verdictKeepMs(journey.ttlMs), nowMs);
  }

  /** Milliseconds until the day that is counted ends. */
  get dayLeftMs(): number {
    return dayLeftMs(this.calendar.nowMs());
  }

  /** Keys, days and verdicts in memory. */
  get size(): { readonly keys: number; readonly days: number; readonly verdicts: number } {
    return { keys: this.windows.size, days: this.days.size, verdicts: this.verdicts.size };
  }

  private windowOf(keyId: string, nowMs: number): SlidingWindow {
    return this.windows.touch(keyId, WINDOW_KEEP_MS, nowMs, newWindow);
  }

  private dayOf({ keyId, limits }: LimitRequest['journey'], nowMs: number): Day | undefined {
    if (limits.perDay === undefined) return undefined;
    const todayMs = this.calendar.nowMs();
    // A minute longer than the day, as the two clocks need not run alike.
    const count = this.days.touch(keyId, dayLeftMs(todayMs) + MINUTE_MS, nowMs, newDayCount);
    return count.at(limits.perDay, todayMs);
  }
}

const newWindow = (): SlidingWindow => new SlidingWindow();
const newDayCount = (): DayCount => new DayCount();
