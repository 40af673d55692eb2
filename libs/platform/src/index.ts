export { isProduction, processEnvironment, type Environment } from './environment';
export { variable, type Variable } from './variable';
export {
  ConfigError,
  describeVariables,
  loadConfig,
  type ConfigOf,
  type VariableDescription,
  type VariableSchema,
} from './config';
export { AgingMap } from './aging-map';
export { CLOCK, systemClock, type Clock } from './clock';
export { RANDOM, systemRandom, type Random } from './random';
export { uuidv7 } from './uuidv7';
export { hmacSha256Hex, isEqualConstantTime, sha256Hex } from './hash';
export {
  ed25519PrivateKey,
  ed25519PublicBytes,
  ed25519PublicKey,
  type Ed25519Key,
} from './ed25519';
export { SealError, Sealer } from './sealer';
export { LOGGER, LOG_LEVELS, createLogger, type LogLevel, type Logger } from './logger';
export { maskPhoneNumber } from './mask';
export { countryOfNumber } from './phone-country';
export { metrics } from './metrics';
export { HEALTH, HealthRegistry } from './health';
export { HEALTH_PATHS } from './health.server';
export { openDatabase, serviceDatabaseUrl, type DatabaseDefinition } from './database';
export { isDataError, isRetryableDatabaseError } from './database-error';
export {
  asTenant,
  enterTenant,
  TENANT_APPLICATION,
  TENANT_ORGANIZATION,
  type Tenant,
} from './tenant-rows';
export { watchDatabase } from './database.health';
export { preparedAsTenant, preparedQuery, type Statements } from './prepared-query';
export { migrate } from './migrate';
export { startEmbeddedPostgres } from './embedded-postgres';
export { freePort, isPortFree } from './free-port';
export { PlatformModule } from './platform.module';
export {
  SHUTDOWN_VARIABLES,
  runService,
  stopTimeoutMs,
  type RunServiceOptions,
  type RunningService,
} from './run-service';
export { runMain } from './run-main';
export { endOnSignals } from './shutdown';
