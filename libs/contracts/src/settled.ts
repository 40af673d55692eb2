import { isUuid } from './untrusted';

export const OUTCOMES = ['accepted', 'rejected', 'unknown', 'expired'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** How the journey of one message ended at the dispatcher; value of `message.settled.v1`. */
export interface SettledPayload {
  /** UUID of the message. */
  readonly messageId: string;
  readonly orgId: string;
  readonly appId: string;
  readonly outcome: Outcome;
  /** False for fakes and mark-as-read, which are never charged. */
  readonly billable: boolean;
  /** False for what is no template: nothing of its hold outlives the outcome. Absent in records of before. */
  readonly isTemplate?: boolean;
  /** Unix time of the outcome in milliseconds. */
  readonly atMs: number;
}

/** A record's value as a `SettledPayload`, or null when it is none: Kafka records are untrusted. */
export function parseSettled(value: Buffer | null): SettledPayload | null {
  if (value === null) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return null;
  }
  return isSettled(parsed) ? parsed : null;
}

function isSettled(value: unknown): value is SettledPayload {
  if (typeof value !== 'object' || value === null) return false;
  const { messageId, orgId, appId, outcome, billable, isTemplate, atMs } = value as Record<
    string,
    unknown
  >;
  return (
    [messageId, orgId, appId].every(isUuid) &&
    OUTCOMES.some((known) => known === outcome) &&
    typeof billable === 'boolean' &&
    (isTemplate === undefined || typeof isTemplate === 'boolean') &&
    typeof atMs === 'number' &&
    Number.isSafeInteger(atMs)
  );
}
