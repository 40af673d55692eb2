import type { Journey } from '@gateway/contracts';
import type { Verdict } from './domain/verdict';

/** What is to be decided about one message. */
export interface LimitRequest {
  readonly journey: Pick<Journey, 'messageId' | 'keyId' | 'limits' | 'ttlMs'>;
  /** The broker's stamp of the submitted record, Unix milliseconds. */
  readonly submittedAtMs: number;
}

/** Where the windows and the verdicts are. */
export interface LimitsStore {
  /** A verdict for each request, in order. Never fails: without its store it decides from its own memory. */
  decide(requests: readonly LimitRequest[]): Promise<readonly Verdict[]>;
}

/** Nest token of the `LimitsStore`. */
export const LIMITS_STORE = Symbol('LimitsStore');

/**
 * A copy of a message may be written as long as the edge repeats an unacknowledged produce (10 s), and has the TTL
 * from then on; the verdict outlives the last copy that is not late.
 */
const PRODUCE_REPEATED_MS = 11_000;

export const verdictKeepMs = (ttlMs: number): number => ttlMs + PRODUCE_REPEATED_MS;
