/** Meta's levels of throughput: shared with the Business app, default, upgraded. */
const META_LEVELS = [20, 80, 1_000];

const RATE_MIN = 5;
/** One wave of refusals, of calls that were under way together, counts once. */
const WAVE_MS = 1_000;
const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 8_000;
/** A throttle this soon after the last one doubles the pause. */
const CALM_MS = 10_000;
/** So many throttles within a minute at a level mean that the number has the level below. */
const STRIKES_MAX = 4;
const STRIKES_WINDOW_MS = 60_000;
/** Demand above the level for this long, without a throttle, is worth a try at the next one. */
const SATURATED_MS = 10_000;
const PROBE_PAUSE_MS_MIN = 60_000;
const PROBE_PAUSE_MS_MAX = 3_600_000;

const DECREASE = 0.7;
const RECOVERY_PER_SECOND = 0.05;
const PROBE_PER_SECOND = 0.1;

/**
 * The rate of one phone number, learned from Meta's refusals: down at once on 130429, back in steps, below the level
 * when the number has less (20), above it in careful tries when there is demand for it (1,000).
 */
export class LearnedRate {
  perSecond: number;
  /** Nothing is sent before this time, after a throttle. */
  heldUntilMs = 0;
  private level: number;
  private strikes: number[] = [];
  private pauseMs = PAUSE_MS_MIN;
  private lastThrottleMs = Number.NEGATIVE_INFINITY;
  private lastTickMs: number | null = null;
  private saturatedSinceMs: number | null = null;
  private probeFromMs = 0;
  private probePauseMs = PROBE_PAUSE_MS_MIN;

  /** @param basePerSecond the rate to begin with */
  constructor(basePerSecond: number) {
    this.level = basePerSecond;
    this.perSecond = basePerSecond;
  }

  /** Meta said 130429. */
  throttled(nowMs: number): void {
    const sinceLastMs = nowMs - this.lastThrottleMs;
    if (sinceLastMs < WAVE_MS) return;
    this.lastThrottleMs = nowMs;
    this.pauseMs = sinceLastMs < CALM_MS ? Math.min(this.pauseMs * 2, PAUSE_MS_MAX) : PAUSE_MS_MIN;
    this.heldUntilMs = nowMs + this.pauseMs;
    if (this.perSecond > this.level) this.endProbe(nowMs);
    else this.strike(nowMs);
    this.perSecond = Math.max(RATE_MIN, this.perSecond * DECREASE);
    this.saturatedSinceMs = null;
  }

  /** Time passes; `isSaturated` when messages wait for the rate alone. */
  tick(nowMs: number, isSaturated: boolean): void {
    const elapsedSeconds =
      this.lastTickMs === null ? 0 : Math.min(1, Math.max(0, nowMs - this.lastTickMs) / 1_000);
    this.lastTickMs = nowMs;
    if (nowMs < this.heldUntilMs) return;
    if (this.perSecond < this.level) {
      const step = this.level * RECOVERY_PER_SECOND * elapsedSeconds;
      this.perSecond = Math.min(this.level, this.perSecond + step);
      return;
    }
    if (!isSaturated) {
      this.saturatedSinceMs = null;
      return;
    }
    this.saturatedSinceMs ??= nowMs;
    if (nowMs - this.saturatedSinceMs >= SATURATED_MS && nowMs >= this.probeFromMs) {
      this.probe(elapsedSeconds);
    }
  }

  private probe(elapsedSeconds: number): void {
    const next = META_LEVELS.find((level) => level > this.level);
    if (next === undefined) return;
    this.perSecond = Math.min(next, this.perSecond * (1 + PROBE_PER_SECOND * elapsedSeconds));
    if (this.perSecond < next) return;
    this.level = next;
    this.strikes = [];
  }

  private endProbe(nowMs: number): void {
    this.perSecond = this.level;
    this.probeFromMs = nowMs + this.probePauseMs;
    this.probePauseMs = Math.min(this.probePauseMs * 2, PROBE_PAUSE_MS_MAX);
  }

  private strike(nowMs: number): void {
    this.strikes = [...this.strikes.filter((at) => nowMs - at < STRIKES_WINDOW_MS), nowMs];
    const below = META_LEVELS.findLast((level) => level < this.level);
    if (this.strikes.length < STRIKES_MAX || below === undefined) return;
    this.level = below;
    this.perSecond = Math.min(this.perSecond, below / DECREASE);
    this.strikes = [];
    this.probeFromMs = nowMs + this.probePauseMs;
  }
}
