/** What the gateway knows of a newcomer's application. */
export interface Progress {
  readonly keysCount: number;
  readonly messages: readonly { readonly isFake: boolean; readonly state: string }[];
  readonly hasChannel: boolean;
  readonly hasWebhook: boolean;
}

export type StepId = 'key' | 'fake' | 'real' | 'webhook' | 'arrival';

export interface Step {
  readonly id: StepId;
  readonly isDone: boolean;
}

const ARRIVED: ReadonlySet<string> = new Set(['delivered', 'read']);
const ACCEPTED: ReadonlySet<string> = new Set(['accepted', 'sent', ...ARRIVED, 'failed']);

/** The five steps of the quickstart; each is done when it has happened, in whatever order. */
export function firstSteps({ keysCount, messages, hasChannel, hasWebhook }: Progress): Step[] {
  const real = messages.filter(({ isFake }) => !isFake);
  return [
    { id: 'key', isDone: keysCount > 0 },
    { id: 'fake', isDone: messages.some(({ isFake }) => isFake) },
    { id: 'real', isDone: hasChannel && real.some(({ state }) => ACCEPTED.has(state)) },
    { id: 'webhook', isDone: hasWebhook },
    { id: 'arrival', isDone: hasWebhook && real.some(({ state }) => ARRIVED.has(state)) },
  ];
}

/** The step to take next; null when all are done. */
export const nextStep = (steps: readonly Step[]): StepId | null =>
  steps.find(({ isDone }) => !isDone)?.id ?? null;
