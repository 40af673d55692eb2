import {
  ConfigError,
  LOG_LEVELS,
  isProduction,
  variable,
  type ConfigOf,
  type Environment,
} from '@gateway/platform';
import { isCidr } from './domain/address-rule';

/** Everything that the webhooks service reads from its environment. */
export const WEBHOOKS_VARIABLES = {
  healthPort: variable.port('WEBHOOKS_HEALTH_PORT', {
    doc: 'port of health and metrics',
    default: 9085,
  }),
  logLevel: variable.oneOf('LOG_LEVEL', LOG_LEVELS, {
    doc: 'least level of a log line',
    default: 'info',
  }),
  databaseUrl: variable.url('DATABASE_URL', {
    doc: "Postgres, with the role of the service's own schema",
    protocols: ['postgres', 'postgresql'],
    secret: true,
  }),
  databasePoolMax: variable.integer('WEBHOOKS_DATABASE_POOL_MAX', {
    doc: 'connections to Postgres at most',
    default: 6,
    min: 4,
    max: 64,
  }),
  secretsKey: variable.key('WEBHOOK_SECRETS_KEY', {
    doc: "key that seals customers' secrets and header values in this service's tables, 32 bytes",
  }),
  secretsKeyPrevious: variable.key('WEBHOOK_SECRETS_KEY_PREVIOUS', {
    doc: 'the key before it, while it is being changed',
    optional: true,
  }),
  commandSealingKey: variable.key('COMMAND_SEALING_KEY', {
    doc: 'key that all services share for commands, 32 bytes',
  }),
  commandSealingKeyPrevious: variable.key('COMMAND_SEALING_KEY_PREVIOUS', {
    doc: 'the key before it, while it is being changed',
    optional: true,
  }),
  allowLoopback: variable.boolean('WEBHOOK_ALLOW_LOOPBACK', {
    doc: 'lets webhooks go to this machine over http; refused in production',
    default: false,
  }),
  allowCidrs: variable.list('WEBHOOK_ALLOW_CIDRS', {
    doc: "networks of the operator's own that webhooks may go to although they are private",
    optional: true,
  }),
  ownPorts: variable.list('WEBHOOK_OWN_PORTS', {
    doc: "ports of this machine that webhooks never go to, the service's own apart",
    optional: true,
  }),
  timeoutMs: variable.integer('WEBHOOK_TIMEOUT_MS', {
    doc: "milliseconds that a customer's answer is awaited",
    default: 5_000,
    min: 100,
    max: 30_000,
  }),
  leaseMs: variable.integer('WEBHOOK_LEASE_MS', {
    doc: 'milliseconds after which a delivery that an instance took counts as interrupted and is sent again',
    default: 60_000,
    min: 1_000,
    max: 600_000,
  }),
  slotsMax: variable.integer('WEBHOOK_SLOTS_MAX', {
    doc: 'concurrent calls to customers of this process at most',
    default: 512,
    min: 4,
    max: 10_000,
  }),
  endpointConcurrencyMax: variable.integer('WEBHOOK_ENDPOINT_CONCURRENCY_MAX', {
    doc: 'concurrent calls to one endpoint at most, over all instances',
    default: 20,
    min: 1,
    max: 1_000,
  }),
  endpointRatePerSecond: variable.integer('WEBHOOK_ENDPOINT_RATE_PER_SECOND', {
    doc: 'calls a second to one endpoint at most, over all instances',
    default: 1_000,
    min: 1,
    max: 100_000,
  }),
  retentionDays: variable.integer('WEBHOOK_RETENTION_DAYS', {
    doc: 'days that events, deliveries and attempts are kept, up to a week longer',
    default: 30,
    min: 30,
    max: 365,
  }),
};

export type WebhooksConfig = ConfigOf<typeof WEBHOOKS_VARIABLES>;

/** A lease must outlast a call and its record by far: else what is sent would be sent again beside itself. */
const LEASE_PER_CALL = 2;

/** @throws ConfigError for what each variable alone cannot tell */
export function checkWebhooksConfig(config: WebhooksConfig, environment?: Environment): void {
  const problems = [
    config.allowLoopback &&
      isProduction(environment) &&
      'WEBHOOK_ALLOW_LOOPBACK must not be true in production',
    [...(config.allowCidrs ?? [])].some((cidr) => !isCidr(cidr)) &&
      'WEBHOOK_ALLOW_CIDRS must be networks such as 10.20.0.0/16',
    [...(config.ownPorts ?? [])].some((port) => !/^\d{1,5}$/.test(port)) &&
      'WEBHOOK_OWN_PORTS must be ports',
    config.leaseMs < LEASE_PER_CALL * config.timeoutMs &&
      'WEBHOOK_LEASE_MS must be at least twice WEBHOOK_TIMEOUT_MS',
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw new ConfigError(problems);
}
