import type { Tone } from './message-states';

const STATES: Readonly<Record<string, { label: string; tone: Tone }>> = {
  DRAFT: { label: 'Draft', tone: 'unclear' },
  ACTIVATED: { label: 'Active', tone: 'good' },
  RESTRICTED: { label: 'Restricted by Meta', tone: 'bad' },
  DISCONNECTED: { label: 'Disconnected', tone: 'bad' },
};

/** How an application stands, in words. */
export const applicationState = (status: string): { label: string; tone: Tone } =>
  (Object.hasOwn(STATES, status) ? STATES[status] : undefined) ?? {
    label: status,
    tone: 'unclear',
  };
