import type { ServiceName } from '@gateway/contracts';
import { join } from 'node:path';

/** Bugs that the harness plants into a service to prove that it finds them. */
export const PLANTED_BUGS = {
  'acknowledge-before-commit': {
    service: 'dispatcher',
    says: 'the claim of a message counts before its row is committed',
    scenario: 'kill-dispatcher',
    breaks: 'I2',
  },
  'retry-after-timeout': {
    service: 'dispatcher',
    says: 'a call to Meta whose answer is lost is made again',
    scenario: 'meta-reset-after-accept',
    breaks: 'I2',
  },
  'two-step-balance': {
    service: 'billing',
    says: 'the ledger is written in one statement and the balance in the next',
    scenario: 'kill-billing',
    breaks: 'I6',
  },
  'no-dedupe': {
    service: 'dispatcher',
    says: 'a message whose row is there already is sent all the same',
    scenario: 'kill-dispatcher',
    breaks: 'I2',
  },
  'reply-before-commit': {
    service: 'dispatcher',
    says: 'the caller is answered before the outcome is committed',
    scenario: 'kill-dispatcher',
    breaks: 'I1',
  },
  'offset-before-effect': {
    service: 'dispatcher',
    says: 'the offset is committed before the message is sent',
    scenario: 'kill-dispatcher',
    breaks: 'I3',
  },
  'event-after-offset': {
    service: 'webhooks',
    says: "the offset of Meta's event is committed before the event is stored",
    scenario: 'kill-webhooks',
    breaks: 'I4',
  },
} as const satisfies Record<
  string,
  {
    readonly service: ServiceName;
    readonly says: string;
    /** The scenario that brings it to light. */
    readonly scenario: string;
    /** The invariant that must be reported broken. */
    readonly breaks: string;
  }
>;

export type PlantedBug = keyof typeof PLANTED_BUGS;

/** The built entry point of a service with a bug. */
export const plantedMain = (bug: PlantedBug): string => join(__dirname, 'planted', `${bug}.js`);
