/** Time, injected so that tests decide what time it is. */
export interface Clock {
  /** Unix milliseconds. */
  nowMs(): number;
}

/** Nest token of the `Clock`. */
export const CLOCK = Symbol('Clock');

export const systemClock: Clock = { nowMs: () => Date.now() };
