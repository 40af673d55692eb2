import { LOG_LEVELS, variable, type ConfigOf } from '@gateway/platform';

/** Everything that the dispatcher reads from its environment. */
export const DISPATCHER_VARIABLES = {
  healthPort: variable.port('DISPATCHER_HEALTH_PORT', {
    doc: 'port of health and metrics',
    default: 9084,
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
  databasePoolMax: variable.integer('DISPATCHER_DATABASE_POOL_MAX', {
    doc: 'connections to Postgres at most',
    default: 8,
    min: 6,
    max: 64,
  }),
  metaBaseUrl: variable.url('META_BASE_URL', {
    doc: "base URL of Meta's Graph API",
    default: 'https://graph.facebook.com',
  }),
  metaApiVersion: variable.text('META_API_VERSION', {
    doc: "version of Meta's Graph API",
    default: 'v26.0',
    pattern: /^v\d{1,3}\.\d{1,2}$/,
  }),
  metaTimeoutMs: variable.integer('META_TIMEOUT_MS', {
    doc: "milliseconds that Meta's answer is awaited; the edge waits 1 s longer than 10,000",
    default: 10_000,
    min: 100,
    max: 10_000,
  }),
  metaConnectTimeoutMs: variable.integer('META_CONNECT_TIMEOUT_MS', {
    doc: 'milliseconds that a connection to Meta may take',
    default: 3_000,
    min: 50,
    max: 10_000,
  }),
  callsMax: variable.integer('DISPATCHER_CALLS_MAX', {
    doc: 'concurrent calls to Meta of this process at most',
    default: 2_048,
    min: 1,
    max: 20_000,
  }),
  numberRatePerSecond: variable.integer('DISPATCHER_NUMBER_RATE_PER_SECOND', {
    doc: 'messages a second of one phone number, to begin with',
    default: 80,
    min: 1,
    max: 100_000,
  }),
  numberCallsMax: variable.integer('DISPATCHER_NUMBER_CALLS_MAX', {
    doc: 'concurrent calls of one phone number at most',
    default: 64,
    min: 1,
    max: 5_000,
  }),
  appInFlightMax: variable.integer('DISPATCHER_APP_IN_FLIGHT_MAX', {
    doc: 'messages of one application in this process at most',
    default: 4_096,
    min: 1,
    max: 16_384,
  }),
  leaseMs: variable.integer('DISPATCHER_LEASE_MS', {
    doc: 'milliseconds after its last sign of life when the calls of a dispatcher count as lost',
    default: 5_000,
    min: 1_000,
    max: 60_000,
  }),
  tenancySealingKey: variable.key('TENANCY_SEALING_KEY', {
    doc: 'key shared with auth that seals access tokens on the topic, 32 bytes',
  }),
  tenancySealingKeyPrevious: variable.key('TENANCY_SEALING_KEY_PREVIOUS', {
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
};

export type DispatcherConfig = ConfigOf<typeof DISPATCHER_VARIABLES>;
