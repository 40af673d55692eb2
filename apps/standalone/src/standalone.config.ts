import { variable, type ConfigOf } from '@gateway/platform';

/** What the embedded profile reads, besides what each service does. */
export const STANDALONE_VARIABLES = {
  dataDir: variable.text('DATA_DIR', {
    doc: 'folder that keeps everything of an embedded installation',
    default: 'data',
  }),
  httpPort: variable.port('EDGE_HTTP_PORT', { doc: 'port of the public API', default: 8080 }),
  healthPort: variable.port('HEALTH_PORT', {
    doc: 'port of health and metrics of the standalone process; of a cluster on one machine the first of a row',
    default: 9180,
  }),
  simulatorPort: variable.port('SIMULATOR_PORT', {
    doc: 'Port of the Meta simulator.',
    default: 9090,
  }),
  databaseUrl: variable.url('DATABASE_URL', {
    doc: 'a Postgres to use instead of the embedded one, with the user that owns the database',
    protocols: ['postgres', 'postgresql'],
    secret: true,
    optional: true,
  }),
  metaBaseUrl: variable.url('META_BASE_URL', {
    doc: 'the real Meta, https://graph.facebook.com; without it the simulator stands in',
    optional: true,
  }),
  metaAppSecret: variable.secret('META_APP_SECRET', {
    doc: "secret of the Meta app, by which Meta's webhooks are signed",
    optional: true,
  }),
  demoPhoneNumberId: variable.text('DEMO_PHONE_NUMBER_ID', {
    doc: 'phone number id of the demo application at Meta',
    pattern: /^\d{5,20}$/,
    default: '106540352242922',
  }),
  demoWabaId: variable.text('DEMO_WABA_ID', {
    doc: 'WhatsApp Business account id of the demo application',
    pattern: /^\d{5,20}$/,
    default: '102290129340398',
  }),
  demoAccessToken: variable.text('DEMO_ACCESS_TOKEN', {
    doc: 'access token of the demo application at Meta; the simulator takes its own',
    default: 'EAAsimulator',
  }),
} as const;

export type StandaloneConfig = ConfigOf<typeof STANDALONE_VARIABLES>;
