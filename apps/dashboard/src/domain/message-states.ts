/** How a state is meant to be taken: it goes well, it goes on, it ended badly, nobody knows. */
export type Tone = 'good' | 'running' | 'bad' | 'unclear';

interface StateMeaning {
  readonly label: string;
  readonly tone: Tone;
  /** What has happened, for who does not know the API. */
  readonly meaning: string;
  /** Whether nothing comes after it. */
  readonly isFinal: boolean;
}

/** Every state of a message, in the order in which it can pass through them. */
export const MESSAGE_STATES = {
  sending: {
    label: 'Sending',
    tone: 'running',
    meaning: 'The gateway is handing the message to Meta.',
    isFinal: false,
  },
  accepted: {
    label: 'Accepted',
    tone: 'running',
    meaning: 'Meta took the message.',
    isFinal: false,
  },
  sent: {
    label: 'Sent',
    tone: 'running',
    meaning: 'Meta sent the message to the phone.',
    isFinal: false,
  },
  delivered: {
    label: 'Delivered',
    tone: 'good',
    meaning: 'The message is on the phone.',
    isFinal: false,
  },
  read: { label: 'Read', tone: 'good', meaning: 'The recipient opened it.', isFinal: true },
  failed: {
    label: 'Failed',
    tone: 'bad',
    meaning: 'Meta took the message and could not deliver it.',
    isFinal: true,
  },
  rejected: {
    label: 'Rejected',
    tone: 'bad',
    meaning: 'The message was refused; nothing was sent.',
    isFinal: true,
  },
  expired: {
    label: 'Expired',
    tone: 'bad',
    meaning: 'It could not be handed to Meta in time; nothing was sent.',
    isFinal: true,
  },
  unknown: {
    label: 'Unknown',
    tone: 'unclear',
    meaning: 'Meta did not answer. It may have been sent; a status from Meta will tell.',
    isFinal: false,
  },
} as const satisfies Record<string, StateMeaning>;

export type MessageState = keyof typeof MESSAGE_STATES;

/** A state by its name; one that this page does not know yet is shown as it is called. */
export const stateMeaning = (state: string): StateMeaning =>
  Object.hasOwn(MESSAGE_STATES, state)
    ? MESSAGE_STATES[state as MessageState]
    : { label: state, tone: 'unclear', meaning: '', isFinal: false };

/** Whether it is worth asking again soon: a fake ends with its acceptance. */
export const isMoving = ({ state, isFake }: { state: string; isFake: boolean }): boolean =>
  isFake ? state === 'sending' : !stateMeaning(state).isFinal;

/** How many messages are in each state, in the order of the states; only states that some message is in. */
export function countStates(
  messages: readonly { readonly state: string }[],
): { readonly state: string; readonly count: number }[] {
  const counts = new Map<string, number>(Object.keys(MESSAGE_STATES).map((state) => [state, 0]));
  for (const { state } of messages) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > 0).map(([state, count]) => ({ state, count }));
}
