/** Which limit refused; as it stands in `params.limit_type` of RATE_001. */
export type LimitType = 'sec' | 'min' | 'day';

/** What the limiter decided about one message; the same for every copy of it. */
export interface Verdict {
  /** Null when the message is admitted. */
  readonly refusedBy: LimitType | null;
  /** What is left of both windows after this message. */
  readonly secRemaining: number;
  readonly minRemaining: number;
  /** Whole seconds until one more request fits, 1 to the length of the window or the day; 0 when admitted. */
  readonly retryAfterSeconds: number;
  /** Outlives this process: a copy that another instance gets is decided the same. */
  readonly isShared: boolean;
}

/** `retry_after` of a refusal: of a window its length, of the day what is left of it. */
export function retryAfterText(refusedBy: LimitType, retryAfterSeconds: number): string {
  if (refusedBy === 'day') return `${retryAfterSeconds}s`;
  return refusedBy === 'min' ? '60s' : '1s';
}

/** A wait in whole seconds, never 0: a client that waits that long finds room. */
export const wholeSeconds = (waitMs: number): number => Math.max(1, Math.ceil(waitMs / 1_000));

const SHARED_VERDICT = /^(?:-|(sec|min|day)):(\d{1,7}):(\d{1,7}):(\d{1,5})$/;

/** A verdict as the shared store writes it, or null when it is none. */
export function parseSharedVerdict(text: string | undefined): Verdict | null {
  const match = text === undefined ? null : SHARED_VERDICT.exec(text);
  if (!match) return null;
  return {
    refusedBy: (match[1] as LimitType | undefined) ?? null,
    secRemaining: Number(match[2]),
    minRemaining: Number(match[3]),
    retryAfterSeconds: Number(match[4]),
    isShared: true,
  };
}
