import type { Messaging } from '@gateway/messaging';
import { createLogger, type Clock, type Random } from '@gateway/platform';
import type { Caller } from '../../apps/edge/src/domain/admission';
import type { EdgeConfig } from '../../apps/edge/src/edge.config';
import { SubmissionsService, type SendOutcome } from '../../apps/edge/src/submissions.service';
import type { SimProcess } from './sim-process';

const SWEEP_MS = 200;
const CONFIG = { messageTtlMs: 10_000, inFlightMax: 1_000, inFlightPerAppMax: 1_000 };
const logger = createLogger({ service: 'simulation', level: 'silent' });

/** The edge's part of the path; HTTP and keys are before it. */
export function edge(
  process: SimProcess,
  messaging: Messaging,
  clock: Clock,
  random: Random,
): SubmissionsService {
  const submissions = new SubmissionsService(
    messaging,
    CONFIG as EdgeConfig,
    clock,
    random,
    logger,
  );
  // The product's own timer has a shorter step, which changes nothing but the number of steps.
  const sweep = setInterval(() => {
    submissions.sweep();
  }, SWEEP_MS);
  process.atDeath(() => {
    clearInterval(sweep);
  });
  return submissions;
}

/** One request and what its client saw; null: the edge died before it answered. */
export interface Operation {
  readonly orgId: string;
  readonly key: string | undefined;
  outcome: SendOutcome | null;
  isEnded: boolean;
}

/** An application with a key that has no limits to speak of. */
export const callerOf = (orgId: string, appId: string): Caller => ({
  key: {
    keyId: appId,
    orgId,
    appId,
    environment: 'production',
    isActive: true,
    expiresAtMs: null,
    limitPerSecond: 10_000,
    limitPerMinute: 100_000,
  },
  application: {
    appId,
    handle: 'app',
    orgId,
    status: 'ACTIVATED',
    channel: null,
    testNumberHashes: [],
  },
});
