import type { SettledPayload } from '@gateway/contracts';

/**
 * What an outcome does to the money of its message.
 * `charge`: the fee is due, with or without a hold; what is held of Meta's fee goes on being held, as a template's is
 * until its final status.
 * `charge_whole`: the fee is due and the whole hold ends.
 * `release`: the hold ends, and a late copy takes none.
 * `discard`: the same for a message that is never charged, of which nothing needs to be remembered.
 * `unknown`: the hold stays until the outcome is known, or for 15 minutes.
 */
export type SettlementAction = 'charge' | 'charge_whole' | 'release' | 'discard' | 'unknown';

export interface Settlement {
  readonly messageId: string;
  readonly orgId: string;
  readonly appId: string;
  readonly action: SettlementAction;
}

/** Outcomes of one message come repeated and in any order; the one that says most wins. */
const RANK: Readonly<Record<SettlementAction, number>> = {
  unknown: 0,
  discard: 1,
  release: 2,
  charge: 3,
  charge_whole: 3,
};

export function actionOf({ outcome, billable, isTemplate }: SettledPayload): SettlementAction {
  if (!billable) return outcome === 'unknown' ? 'unknown' : 'discard';
  if (outcome === 'accepted') return isTemplate === false ? 'charge_whole' : 'charge';
  return outcome === 'unknown' ? 'unknown' : 'release';
}

/** One settlement for each message of a batch. */
export function settlementsOf(outcomes: readonly SettledPayload[]): Settlement[] {
  const byMessage = new Map<string, Settlement>();
  for (const outcome of outcomes) {
    const { messageId, orgId, appId } = outcome;
    const action = actionOf(outcome);
    const known = byMessage.get(messageId);
    if (!known || RANK[action] > RANK[known.action]) {
      byMessage.set(messageId, { messageId, orgId, appId, action });
    }
  }
  return [...byMessage.values()];
}
