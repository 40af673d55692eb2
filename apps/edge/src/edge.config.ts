import { LOG_LEVELS, variable, type ConfigOf } from '@gateway/platform';

/** Nest token of the `EdgeConfig`. */
export const EDGE_CONFIG = Symbol('EdgeConfig');

/** Everything that the edge reads from its environment. */
export const EDGE_VARIABLES = {
  httpPort: variable.port('EDGE_HTTP_PORT', { doc: 'port of the public API', default: 8080 }),
  healthPort: variable.port('EDGE_HEALTH_PORT', {
    doc: 'port of /health/live, /health/ready and /metrics',
    default: 9080,
  }),
  logLevel: variable.oneOf('LOG_LEVEL', LOG_LEVELS, { doc: 'least level logged', default: 'info' }),
  keyHashSecret: variable.key('KEY_HASH_SECRET', {
    doc: '32 bytes, the same at edge and auth: API keys and test numbers are stored as hashes under it',
  }),
  commandSealingKey: variable.key('COMMAND_SEALING_KEY', {
    doc: '32 bytes, the same at every service: seals commands and their replies',
  }),
  commandSealingKeyPrevious: variable.key('COMMAND_SEALING_KEY_PREVIOUS', {
    doc: 'the sealing key before the present one, while it is being changed',
    optional: true,
  }),
  metaAppSecret: variable.secret('META_APP_SECRET', {
    doc: "secret of the Meta app, by which Meta's webhooks are signed",
  }),
  metaAppSecretPrevious: variable.secret('META_APP_SECRET_PREVIOUS', {
    doc: 'the app secret before the present one, while it is being changed',
    optional: true,
  }),
  metaVerifyToken: variable.secret('META_VERIFY_TOKEN', {
    doc: "any text of at least 8 bytes, entered at Meta beside the URL of this gateway's webhook",
    bytesMin: 8,
  }),
  accessTokenPublicKey: variable.key('ACCESS_TOKEN_PUBLIC_KEY', {
    doc: '32 bytes: public key of auth, which follows from its ACCESS_TOKEN_SIGNING_KEY and checks access tokens',
  }),
  accessTokenPublicKeyPrevious: variable.key('ACCESS_TOKEN_PUBLIC_KEY_PREVIOUS', {
    doc: 'the public key before the present one (or after it), while auth changes its key',
    optional: true,
  }),
  isCookieSecure: variable.boolean('EDGE_COOKIE_SECURE', {
    doc: 'whether the cookie of a browser session travels over HTTPS alone; false only for a trial over HTTP',
    default: true,
  }),
  trustedProxies: variable.list('TRUSTED_PROXIES', {
    doc: 'networks (CIDR, comma-separated) of proxies whose X-Forwarded-For is believed',
    default: [],
  }),
  simulatorUrl: variable.url('SIMULATOR_URL', {
    doc: "URL of the simulator in Meta's place, whose phone numbers the dashboard offers; only for a trial",
    optional: true,
  }),
  messageTtlMs: variable.integer('EDGE_MESSAGE_TTL_MS', {
    doc: 'milliseconds from the arrival of a message within which its call to Meta may start',
    default: 10_000,
    min: 1_000,
    max: 60_000,
  }),
  inFlightMax: variable.integer('EDGE_IN_FLIGHT_MAX', {
    doc: 'messages that wait for their outcome, in all; more are refused with GW_008',
    default: 10_000,
    min: 1,
  }),
  inFlightPerAppMax: variable.integer('EDGE_IN_FLIGHT_PER_APP_MAX', {
    doc: 'messages that wait for their outcome, of one application',
    default: 2_000,
    min: 1,
  }),
  requestTimeoutMs: variable.integer('EDGE_REQUEST_TIMEOUT_MS', {
    doc: 'milliseconds within which a request must have arrived in full',
    default: 30_000,
    min: 1_000,
  }),
  keepAliveTimeoutMs: variable.integer('EDGE_KEEP_ALIVE_TIMEOUT_MS', {
    doc: 'milliseconds that an idle connection stays open; longer than the idle timeout of a proxy in front',
    default: 75_000,
    min: 1_000,
  }),
  connectionsMax: variable.integer('EDGE_CONNECTIONS_MAX', {
    doc: 'open connections to the public API',
    default: 20_000,
    min: 1,
  }),
} as const;

export type EdgeConfig = ConfigOf<typeof EDGE_VARIABLES>;
