import type { MessageState, OutgoingCounts } from '@gateway/contracts';

/** Messages of one kind that were taken in a period and are in one state. */
export interface CountOfState {
  readonly at: Date;
  readonly kind: 'session' | 'template' | 'marketing_lite';
  readonly state: MessageState;
  readonly count: number;
}

interface Sums {
  readonly periods: readonly OutgoingCounts[];
  readonly states: Readonly<Partial<Record<MessageState, number>>>;
}

/** States of what Meta took; what it could not deliver later was sent all the same. */
const SENT: ReadonlySet<MessageState> = new Set([
  'accepted',
  'sent',
  'delivered',
  'read',
  'failed',
]);

/** What was sent in each period, and how everything stands; periods in the order in which they come. */
export function outgoingCounts(counts: readonly CountOfState[]): Sums {
  const periods = new Map<string, OutgoingCounts>();
  const states: Partial<Record<MessageState, number>> = {};
  for (const { at: date, kind, state, count } of counts) {
    states[state] = (states[state] ?? 0) + count;
    if (!SENT.has(state)) continue;
    const at = date.toISOString();
    const { session, template, marketingLite } = periods.get(at) ?? NOTHING;
    periods.set(at, {
      at,
      session: session + (kind === 'session' ? count : 0),
      template: template + (kind === 'session' ? 0 : count),
      marketingLite: marketingLite + (kind === 'marketing_lite' ? count : 0),
    });
  }
  return { periods: [...periods.values()], states };
}

const NOTHING = { session: 0, template: 0, marketingLite: 0 };
