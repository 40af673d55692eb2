import { KAFKA_VARIABLES } from '@gateway/messaging';
import {
  SHUTDOWN_VARIABLES,
  describeVariables,
  type VariableDescription,
  type VariableSchema,
} from '@gateway/platform';
import { AUTH_VARIABLES } from '../../apps/auth/src/auth.config';
import { BILLING_VARIABLES } from '../../apps/billing/src/billing.config';
import { DISPATCHER_VARIABLES } from '../../apps/dispatcher/src/dispatcher.config';
import { WEBHOOKS_VARIABLES } from '../../apps/webhooks/src/webhooks.config';
import { EDGE_VARIABLES } from '../../apps/edge/src/edge.config';
import { META_SIMULATOR_VARIABLES } from '../../apps/meta-simulator/src/meta-simulator.config';
import { RATE_LIMITER_VARIABLES } from '../../apps/rate-limiter/src/rate-limiter.config';
import { STANDALONE_VARIABLES } from '../../apps/standalone/src/standalone.config';
import { MIGRATE_VARIABLES } from '../migrate/migrate.config';

const SECTIONS: readonly (readonly [string, VariableSchema])[] = [
  ['Every service', { ...KAFKA_VARIABLES, ...SHUTDOWN_VARIABLES }],
  ['edge', EDGE_VARIABLES],
  ['auth', AUTH_VARIABLES],
  ['rate-limiter', RATE_LIMITER_VARIABLES],
  ['billing', BILLING_VARIABLES],
  ['dispatcher', DISPATCHER_VARIABLES],
  ['webhooks', WEBHOOKS_VARIABLES],
  ['npm run migrate', MIGRATE_VARIABLES],
  ['npm start and npm run start:cluster', STANDALONE_VARIABLES],
  ['meta-simulator', META_SIMULATOR_VARIABLES],
];

/** `.env.example`: every variable of every process, with its meaning and default; made from the configurations. */
export function environmentExample(): string {
  const seen = new Set<string>();
  const sections = SECTIONS.map(([title, schema]) => {
    const lines = describeVariables(schema)
      .filter(({ name }) => !seen.has(name))
      .flatMap((variable) => {
        seen.add(variable.name);
        return [`# ${variable.doc}`, lineOf(variable)];
      });
    return [`# --- ${title}`, ...lines].join('\n');
  });
  return [
    '# Every variable of every process; made from the configurations by `npm run docs`.',
    '# What has no value here and is not commented out must be given in production.',
    '',
    sections.join('\n\n'),
    '',
  ].join('\n');
}

/** A default is shown commented out; what is required stands open, without a value. */
function lineOf({ name, defaultText, isRequired }: VariableDescription): string {
  if (isRequired) return `${name}=`;
  return `# ${name}=${defaultText ?? ''}`;
}
