import { SERVICES, type ServiceName } from '@gateway/contracts';
import { customerScenarios } from './scenarios.customers';
import { kafkaScenarios } from './scenarios.kafka';
import { metaScenarios } from './scenarios.meta';
import { processScenarios } from './scenarios.process';
import { recoveryScenarios } from './scenarios.recovery';
import { resourceScenarios } from './scenarios.resources';
import { storeScenarios } from './scenarios.stores';
import { webhookScenarios } from './scenarios.webhooks';
import { mixedScenarios } from './scenarios.mixed';
import type { Scenario } from './scenario';

/** Every scenario, in the order of the matrix. */
export const SCENARIOS: readonly Scenario[] = [
  ...processScenarios(SERVICES satisfies readonly ServiceName[]),
  ...kafkaScenarios,
  ...storeScenarios,
  ...resourceScenarios,
  ...metaScenarios,
  ...webhookScenarios,
  ...customerScenarios,
  ...recoveryScenarios,
  ...mixedScenarios,
].sort((one, other) => one.row - other.row);

/** The short form: one of each kind, in under four minutes. */
export const SMOKE: readonly string[] = [
  'kill-dispatcher',
  'kill-billing',
  'stop-dispatcher',
  'kafka-kill',
  'postgres-kill',
  'redis-kill',
  'meta-reset-after-accept',
  'redelivery',
];
