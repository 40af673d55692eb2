import type { Tone } from './message-states';

interface StateMeaning {
  readonly label: string;
  readonly tone: Tone;
}

const STATES = {
  pending: { label: 'Waiting', tone: 'running' },
  held: { label: 'Held back', tone: 'unclear' },
  delivered: { label: 'Delivered', tone: 'good' },
  exhausted: { label: 'Given up', tone: 'bad' },
  parked: { label: 'Parked', tone: 'unclear' },
  canceled: { label: 'Canceled', tone: 'unclear' },
} as const satisfies Record<string, StateMeaning>;

type DeliveryStateName = keyof typeof STATES;

/** How a delivery stands, in words. */
export const deliveryState = (state: string): StateMeaning =>
  isDeliveryState(state) ? STATES[state] : { label: state, tone: 'unclear' };

/** The states that a list can be narrowed to. */
export const DELIVERY_STATES: readonly { value: string; label: string }[] = Object.entries(
  STATES,
).map(([value, { label }]) => ({ value, label }));

export const isDeliveryState = (value: string | null): value is DeliveryStateName =>
  value !== null && Object.hasOwn(STATES, value);

/** Whether an endpoint takes its events, by its latest deliveries. */
export function deliveryHealth(
  latest: readonly { readonly state: string }[],
  isActive: boolean,
): { label: string; tone: Tone } {
  if (!isActive) return { label: 'Switched off', tone: 'bad' };
  if (latest.length === 0) return { label: 'Waiting for the first event', tone: 'running' };
  const lost = latest.filter(({ state }) => state === 'exhausted').length;
  const arrived = latest.filter(({ state }) => state === 'delivered').length;
  if (lost > 0) return { label: 'Some events were given up', tone: 'bad' };
  if (arrived === 0) return { label: 'Nothing taken yet', tone: 'unclear' };
  return { label: 'Healthy', tone: 'good' };
}

const DISABLED: Readonly<Record<string, string>> = {
  gone: 'it answered 410, that it is gone for good',
  asked_by_receiver: 'it asked for it in its answer',
  failing: 'it took nothing for five days',
};

/** Why the gateway itself switched an endpoint off; null when it did not. */
export const disabledBecause = (reason: string | null): string | null =>
  reason !== null && Object.hasOwn(DISABLED, reason) ? (DISABLED[reason] ?? null) : null;
