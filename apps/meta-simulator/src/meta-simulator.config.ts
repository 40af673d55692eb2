import { LOG_LEVELS, variable } from '@gateway/platform';
import { SENDS_BYTES_MAX, SENDS_MAX } from './simulator';

/** What the simulator reads from the environment. */
export const META_SIMULATOR_VARIABLES = {
  port: variable.port('SIMULATOR_PORT', {
    doc: 'Port of the Meta simulator.',
    default: 9090,
  }),
  host: variable.text('SIMULATOR_HOST', {
    doc: 'Address that the Meta simulator listens on.',
    default: '127.0.0.1',
  }),
  accessToken: variable.secret('SIMULATOR_ACCESS_TOKEN', {
    bytesMin: 1,
    doc: 'The one access token that the Meta simulator takes; every token beginning with EAA when it is not set.',
    optional: true,
  }),
  logLevel: variable.oneOf('LOG_LEVEL', LOG_LEVELS, { doc: 'least level logged', default: 'info' }),
  webhookUrl: variable.url('SIMULATOR_WEBHOOK_URL', {
    doc: "URL that the Meta simulator sends webhooks to, the gateway's /v1/webhooks/meta; none are sent without it.",
    optional: true,
  }),
  appSecret: variable.secret('SIMULATOR_APP_SECRET', {
    doc: "App secret that the Meta simulator signs webhooks with, the gateway's META_APP_SECRET.",
    optional: true,
  }),
  hasStatuses: variable.boolean('SIMULATOR_STATUSES', {
    doc: 'Whether accepted messages get statuses from the Meta simulator by themselves.',
    default: true,
  }),
  throughputPerSecond: variable.integer('SIMULATOR_THROUGHPUT_PER_SECOND', {
    doc: 'Sends a second of one phone number above which the Meta simulator answers 130429; 0 is no limit.',
    default: 0,
    min: 0,
    max: 100_000,
  }),
  lingerMs: variable.integer('SIMULATOR_LINGER_MS', {
    doc: 'Milliseconds without a keep-alive after which the Meta simulator ends; 0 is never.',
    default: 0,
    min: 0,
    max: 3_600_000,
  }),
  sendsMax: variable.integer('SIMULATOR_SENDS_MAX', {
    doc: 'Sends that the ledger of the Meta simulator keeps; the oldest are dropped.',
    default: SENDS_MAX,
    min: 10_000,
  }),
  sendsBytesMax: variable.integer('SIMULATOR_SENDS_BYTES_MAX', {
    doc: 'Bytes that the ledger of the Meta simulator keeps; the oldest sends are dropped.',
    default: SENDS_BYTES_MAX,
    min: 1_048_576,
  }),
};
