import type { MessageState, Outcome } from '@gateway/contracts';

/** What a status of Meta's says of a message that was accepted. */
export const DELIVERY_STATES = ['sent', 'failed', 'delivered', 'read'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/**
 * The states of what Meta may have accepted, in rising order. A failure stands below a delivery: should both be
 * reported, the message did arrive, and whichever comes first the state ends the same.
 */
export const RISING_STATES: readonly MessageState[] = [
  'sending',
  'unknown',
  'accepted',
  ...DELIVERY_STATES,
];

/**
 * Which state may follow which. An outcome is never taken back: `sending` and `unknown` become accepted or rejected,
 * never the other way round, and what is known only moves forward.
 */
const FOLLOWING: Readonly<Record<MessageState, readonly MessageState[]>> = {
  sending: ['accepted', 'rejected', 'unknown', 'sent', 'delivered', 'read', 'failed'],
  unknown: ['accepted', 'rejected', 'sent', 'delivered', 'read', 'failed'],
  accepted: ['sent', 'delivered', 'read', 'failed'],
  sent: ['delivered', 'read', 'failed'],
  delivered: ['read'],
  read: [],
  failed: ['delivered', 'read'],
  rejected: [],
  expired: [],
};

export const canBecome = (from: MessageState, to: MessageState): boolean =>
  FOLLOWING[from].includes(to);

/** How the money of a message in this state is settled; null while its call may still run. */
export function outcomeOf(state: MessageState): Outcome | null {
  switch (state) {
    case 'sending':
      return null;
    case 'rejected':
    case 'expired':
    case 'unknown':
      return state;
    case 'accepted':
    case 'sent':
    case 'delivered':
    case 'read':
    case 'failed':
      return 'accepted';
  }
}

/** Refusals by Meta that keep an idempotency key; every other refusal means that nothing was sent and frees it. */
export const KEPT_REFUSALS: readonly string[] = ['META_002', 'META_004'];

/** Whether a message in this state leaves its idempotency key to the next request. */
export const freesKey = (state: MessageState, errorCode: string | null): boolean =>
  state === 'expired' ||
  (state === 'rejected' && (errorCode === null || !KEPT_REFUSALS.includes(errorCode)));
