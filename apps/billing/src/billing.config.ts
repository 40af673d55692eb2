import {
  ConfigError,
  LOG_LEVELS,
  isProduction,
  variable,
  type ConfigOf,
  type Environment,
} from '@gateway/platform';
import { parseUsd } from './domain/money';

/** What billing reads from the environment. */
export const BILLING_VARIABLES = {
  healthPort: variable.port('BILLING_HEALTH_PORT', {
    doc: 'port of health and metrics',
    default: 9083,
  }),
  databaseUrl: variable.url('DATABASE_URL', {
    doc: "Postgres, with the role of the service's own schema",
    protocols: ['postgres', 'postgresql'],
    secret: true,
  }),
  databasePoolMax: variable.integer('BILLING_DATABASE_POOL_MAX', {
    doc: 'connections to Postgres at most',
    default: 6,
    min: 2,
    max: 100,
  }),
  commandSealingKey: variable.key('COMMAND_SEALING_KEY', {
    doc: 'key that all services share for commands, 32 bytes',
  }),
  commandSealingKeyPrevious: variable.key('COMMAND_SEALING_KEY_PREVIOUS', {
    doc: 'the key before it, while it is being changed',
    optional: true,
  }),
  infrastructureFeeMicroUsd: variable.integer('INFRASTRUCTURE_FEE_MICRO_USD', {
    doc: 'fee for each accepted message in micro-dollars',
    default: 1_000,
    min: 0,
    max: 1_000_000_000,
  }),
  defaultMetaFeeMicroUsd: variable.integer('META_FEE_DEFAULT_MICRO_USD', {
    doc: "Meta's fee in micro-dollars where no rate card names market and category",
    default: 60_000,
    min: 0,
    max: 1_000_000_000,
  }),
  paymentProvider: variable.oneOf('PAYMENT_PROVIDER', ['none', 'test'], {
    doc: 'who takes payments of top-ups; test always pays and is refused in production',
    default: 'none',
  }),
  signupCreditUsd: variable.text('SIGNUP_CREDIT_USD', {
    doc: 'credit of a new organization in dollars; 10 when embedded, 0 in production',
    pattern: /^\d{1,9}(\.\d{1,6})?$/,
    optional: true,
  }),
  logLevel: variable.oneOf('LOG_LEVEL', LOG_LEVELS, {
    doc: 'least level of a log line',
    default: 'info',
  }),
};

export type BillingConfig = ConfigOf<typeof BILLING_VARIABLES>;

const SIGNUP_CREDIT_USD_EMBEDDED = '10';

/** Nest token of what the services of billing need of the configuration. */
export const BILLING_SETTINGS = Symbol('BillingSettings');

export interface BillingSettings {
  readonly feeMicroUsd: bigint;
  /** Meta's fee where no rate card says anything. */
  readonly defaultMetaFeeMicroUsd: bigint;
  readonly signupCreditMicroUsd: bigint;
  readonly paymentProvider: 'none' | 'test';
}

/** @param environment decides the default of the signup credit; the process's own unless given */
export function settingsOf(config: BillingConfig, environment?: Environment): BillingSettings {
  const { infrastructureFeeMicroUsd, defaultMetaFeeMicroUsd, signupCreditUsd } = config;
  const { paymentProvider } = config;
  if (paymentProvider === 'test' && isProduction(environment)) {
    throw new ConfigError(['PAYMENT_PROVIDER: test is for trial installations alone']);
  }
  const fallback = isProduction(environment) ? '0' : SIGNUP_CREDIT_USD_EMBEDDED;
  return {
    feeMicroUsd: BigInt(infrastructureFeeMicroUsd),
    defaultMetaFeeMicroUsd: BigInt(defaultMetaFeeMicroUsd),
    paymentProvider,
    signupCreditMicroUsd: parseUsd(signupCreditUsd ?? fallback) ?? 0n,
  };
}
