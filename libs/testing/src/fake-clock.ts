import type { Clock } from '@gateway/platform';

/** A clock that moves when the test says so. */
export class FakeClock implements Clock {
  /** @param startMs Unix milliseconds; 2026-01-01T00:00:00Z unless told */
  constructor(private timeMs = Date.UTC(2026, 0, 1)) {}

  nowMs(): number {
    return this.timeMs;
  }

  advance(ms: number): void {
    this.timeMs += ms;
  }
}
