export const DAY_MS = 86_400_000;

/** A clock that is set back by less across midnight does not bring the day before back. */
const SET_BACK_MS = 1_000;

/** What a key has of its day, at one moment. */
export interface Day {
  readonly isFull: boolean;
  /** Milliseconds until the day ends. */
  readonly leftMs: number;
  /** Counts one more request, whatever the limit says. */
  enter(): void;
}

/** Milliseconds until the UTC day of this moment ends, never 0. */
export const dayLeftMs = (nowMs: number): number => DAY_MS - (nowMs % DAY_MS);

/** Requests of one key that were admitted in the UTC day; a new day begins with none. */
export class DayCount {
  private startedAtMs = 0;
  private count = 0;

  /** @param nowMs Unix time */
  at(limit: number, nowMs: number): Day {
    if (nowMs < this.startedAtMs - SET_BACK_MS || nowMs >= this.startedAtMs + DAY_MS) {
      this.startedAtMs = nowMs - (nowMs % DAY_MS);
      this.count = 0;
    }
    return {
      isFull: this.count >= limit,
      leftMs: Math.min(this.startedAtMs + DAY_MS - nowMs, DAY_MS),
      enter: () => {
        this.count += 1;
      },
    };
  }
}
