import type { Journey } from '@gateway/contracts';

/** How long the dispatcher awaits Meta's answer after the last moment at which the call may start. */
const META_TIMEOUT_MS = 10_000;
/** For the way of the outcome from the dispatcher to the ledger. */
const SETTLE_MARGIN_MS = 5_000;
/** The edge has given up on a message this long after its deadline; an answer later than that reaches nobody. */
const ANSWER_MARGIN_MS = 11_000;

/** A hold whose message may have been sent is given back this long after its outcome was found to be unknown. */
export const UNKNOWN_KEPT_MS = 15 * 60_000;

/** What is held for Meta's fee of an accepted message ends with a final status, or after this. */
export const META_PART_KEPT_MS = 24 * 60 * 60_000;

/** Fakes and mark-as-read are charged nothing, so nothing is held; the balance is looked at all the same. */
export const isCharged = ({ isFake, type }: Pick<Journey, 'isFake' | 'type'>): boolean =>
  !isFake && type !== 'read';

/**
 * The latest moment at which the call to Meta may start, by the broker's clock.
 *
 * @param stampMs the broker's stamp of the record itself: what it follows from was not submitted later
 */
export const deadlineMs = ({ submittedAtMs, ttlMs }: Journey, stampMs: number): number =>
  Math.min(submittedAtMs ?? stampMs, stampMs) + ttlMs;

/** From when on the dispatcher is asked how the message ended, unless it has told by itself. */
export const askAtMs = (deadline: number): number => deadline + META_TIMEOUT_MS + SETTLE_MARGIN_MS;

export const answerExpiresAtMs = (deadline: number): number => deadline + ANSWER_MARGIN_MS;
