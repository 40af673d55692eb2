import type { ServiceName } from '@gateway/contracts';
import { KAFKA_VARIABLES, PROCESS_VARIABLES } from '@gateway/messaging';
import type { VariableSchema } from '@gateway/platform';
import { AUTH_VARIABLES } from '../../apps/auth/src/auth.config';
import { BILLING_VARIABLES } from '../../apps/billing/src/billing.config';
import { DISPATCHER_VARIABLES } from '../../apps/dispatcher/src/dispatcher.config';
import { EDGE_VARIABLES } from '../../apps/edge/src/edge.config';
import { META_SIMULATOR_VARIABLES } from '../../apps/meta-simulator/src/meta-simulator.config';
import { RATE_LIMITER_VARIABLES } from '../../apps/rate-limiter/src/rate-limiter.config';
import { WEBHOOKS_VARIABLES } from '../../apps/webhooks/src/webhooks.config';
import { MIGRATE_VARIABLES } from '../migrate/migrate.config';
import { SEED_VARIABLES } from '../seed/seed.config';

/** What each service reads, as its `main.ts` puts it together. */
export const SERVICE_VARIABLES: Readonly<Record<ServiceName, VariableSchema>> = {
  edge: { ...EDGE_VARIABLES, ...PROCESS_VARIABLES },
  auth: { ...AUTH_VARIABLES, ...PROCESS_VARIABLES },
  'rate-limiter': { ...RATE_LIMITER_VARIABLES, ...PROCESS_VARIABLES },
  billing: { ...BILLING_VARIABLES, ...PROCESS_VARIABLES },
  dispatcher: { ...DISPATCHER_VARIABLES, ...PROCESS_VARIABLES },
  webhooks: { ...WEBHOOKS_VARIABLES, ...PROCESS_VARIABLES },
};

/** What the commands read that prepare an installation; each is `dist/tools/<name>/main.js`. */
export const TOOL_VARIABLES = {
  migrate: MIGRATE_VARIABLES,
  topics: KAFKA_VARIABLES,
  seed: { ...AUTH_VARIABLES, ...BILLING_VARIABLES, ...SEED_VARIABLES },
} as const satisfies Readonly<Record<string, VariableSchema>>;

export const SIMULATOR_VARIABLES: VariableSchema = META_SIMULATOR_VARIABLES;

/** Set for Node itself, not read by the gateway. */
export const NODE_VARIABLES: readonly string[] = ['NODE_ENV', 'NODE_OPTIONS'];
