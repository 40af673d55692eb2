import type { Day } from './day-count';
import { MinuteWindow } from './minute-window';
import { SecondWindow } from './second-window';
import { wholeSeconds, type Verdict } from './verdict';

interface Limits {
  readonly perSecond: number;
  readonly perMinute: number;
}

/** Both windows of one key, and its day when that is limited: a request enters all or, refused by one, none. */
export class SlidingWindow {
  private readonly second = new SecondWindow();
  private readonly minute = new MinuteWindow();

  /** @param nowMs never earlier than at the call before */
  decide(limits: Limits, nowMs: number, day?: Day): Verdict {
    const isSecondFull = this.second.countAt(nowMs) >= limits.perSecond;
    const isMinuteFull = this.minute.countAt(nowMs) >= limits.perMinute;
    return isSecondFull || isMinuteFull || day?.isFull === true
      ? this.refusal(limits, nowMs, isMinuteFull, day)
      : this.enter(limits, nowMs, day);
  }

  /** Enters a request whatever the limits say: it was admitted elsewhere, or must pass. */
  enter(limits: Limits, nowMs: number, day?: Day): Verdict {
    this.second.add(nowMs);
    this.minute.add(nowMs);
    day?.enter();
    return {
      refusedBy: null,
      ...this.remaining(limits, nowMs),
      retryAfterSeconds: 0,
      isShared: false,
    };
  }

  /** Of limits that are reached the one is named whose room comes last: the minute before the second. */
  private refusal(limits: Limits, nowMs: number, isMinuteFull: boolean, day?: Day): Verdict {
    const windowsSeconds = wholeSeconds(
      Math.max(
        this.second.waitMs(limits.perSecond, nowMs),
        this.minute.waitMs(limits.perMinute, nowMs),
      ),
    );
    const daySeconds = day?.isFull === true ? wholeSeconds(day.leftMs) : 0;
    return {
      refusedBy: daySeconds >= windowsSeconds ? 'day' : isMinuteFull ? 'min' : 'sec',
      ...this.remaining(limits, nowMs),
      retryAfterSeconds: Math.max(daySeconds, windowsSeconds),
      isShared: false,
    };
  }

  private remaining({ perSecond, perMinute }: Limits, nowMs: number) {
    return {
      secRemaining: Math.max(0, perSecond - this.second.countAt(nowMs)),
      minRemaining: Math.max(0, perMinute - this.minute.countAt(nowMs)),
    };
  }
}
