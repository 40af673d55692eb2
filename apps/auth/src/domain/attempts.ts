/** How often something may be tried. */
export interface AttemptLimit {
  readonly attemptsMax: number;
  readonly windowMs: number;
}

const MINUTE_MS = 60_000;

/** What is tried, by whom: each is counted for the account (or number) and for the address that it comes from. */
export const ATTEMPT_LIMITS = {
  'sign-in': {
    account: { attemptsMax: 10, windowMs: 5 * MINUTE_MS },
    address: { attemptsMax: 60, windowMs: 5 * MINUTE_MS },
  },
  registration: {
    account: { attemptsMax: 5, windowMs: 60 * MINUTE_MS },
    address: { attemptsMax: 60, windowMs: 60 * MINUTE_MS },
  },
  password: {
    account: { attemptsMax: 10, windowMs: 5 * MINUTE_MS },
    address: { attemptsMax: 60, windowMs: 5 * MINUTE_MS },
  },
  'code sent': {
    account: { attemptsMax: 3, windowMs: 10 * MINUTE_MS },
    address: { attemptsMax: 20, windowMs: 60 * MINUTE_MS },
  },
  'code entered': {
    account: { attemptsMax: 15, windowMs: 10 * MINUTE_MS },
    address: { attemptsMax: 60, windowMs: 10 * MINUTE_MS },
  },
} as const satisfies Record<string, { account: AttemptLimit; address: AttemptLimit }>;

export type Attempt = keyof typeof ATTEMPT_LIMITS;

/** Whole seconds to wait, at least one. */
export const retryAfterSeconds = (untilMs: number, nowMs: number): number =>
  Math.max(1, Math.ceil((untilMs - nowMs) / 1_000));
