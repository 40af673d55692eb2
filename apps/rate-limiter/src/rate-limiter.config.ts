import { LOG_LEVELS, variable, type ConfigOf } from '@gateway/platform';

/** What the rate-limiter reads from the environment. */
export const RATE_LIMITER_VARIABLES = {
  healthPort: variable.port('RATE_LIMITER_HEALTH_PORT', {
    doc: 'port of health and metrics',
    default: 9082,
  }),
  redisUrl: variable.url('REDIS_URL', {
    doc: 'Redis with the windows that all instances share; without it they are in the memory of the one instance',
    protocols: ['redis', 'rediss'],
    secret: true,
    optional: true,
  }),
  rateStoreTimeoutMs: variable.integer('RATE_STORE_TIMEOUT_MS', {
    doc: 'milliseconds after which a batch is decided without Redis',
    default: 150,
    min: 10,
    max: 2_000,
  }),
  commandSealingKey: variable.key('COMMAND_SEALING_KEY', {
    doc: 'key that all services share for commands, 32 bytes',
  }),
  commandSealingKeyPrevious: variable.key('COMMAND_SEALING_KEY_PREVIOUS', {
    doc: 'the key before it, while it is being changed',
    optional: true,
  }),
  logLevel: variable.oneOf('LOG_LEVEL', LOG_LEVELS, {
    doc: 'least level of a log line',
    default: 'info',
  }),
};

export type RateLimiterConfig = ConfigOf<typeof RATE_LIMITER_VARIABLES>;
