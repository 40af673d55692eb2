import { LOG_LEVELS, variable, type ConfigOf, type LogLevel } from '@gateway/platform';

/** Everything that the auth service reads from its environment. */
export const AUTH_VARIABLES = {
  healthPort: variable.port('AUTH_HEALTH_PORT', {
    doc: 'Port of health and metrics',
    default: 9081,
  }),
  databaseUrl: variable.url('DATABASE_URL', {
    doc: "PostgreSQL, as the service's own role; a direct connection or a pooler in session mode, for the relay's lock",
    protocols: ['postgres', 'postgresql'],
    secret: true,
  }),
  databasePoolMax: variable.integer('AUTH_DATABASE_POOL_MAX', {
    doc: "Connections to PostgreSQL at most, the relay's own apart",
    default: 8,
    min: 1,
    max: 200,
  }),
  keyHashSecret: variable.key('KEY_HASH_SECRET', {
    doc: 'Keyed hashes of API keys and test numbers; shared with the edge, never changed',
  }),
  credentialsKey: variable.key('CREDENTIALS_KEY', {
    doc: "Seals access tokens and test numbers in this service's tables",
  }),
  credentialsKeyPrevious: variable.key('CREDENTIALS_KEY_PREVIOUS', {
    doc: 'Opens what was sealed before CREDENTIALS_KEY was changed',
    optional: true,
  }),
  tenancySealingKey: variable.key('TENANCY_SEALING_KEY', {
    doc: 'Seals the access tokens that are published; shared with the dispatcher',
  }),
  commandSealingKey: variable.key('COMMAND_SEALING_KEY', {
    doc: 'Seals commands and their replies; shared by all services',
  }),
  commandSealingKeyPrevious: variable.key('COMMAND_SEALING_KEY_PREVIOUS', {
    doc: 'Opens what was sealed before COMMAND_SEALING_KEY was changed',
    optional: true,
  }),
  accessTokenSigningKey: variable.key('ACCESS_TOKEN_SIGNING_KEY', {
    doc: 'Signs access tokens (seed of an Ed25519 key); edges hold the public key that follows from it',
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
  metaAppId: variable.text('META_APP_ID', {
    doc: "id of the Meta app; with it and META_APP_SECRET a number can be connected by Meta's Embedded Signup",
    pattern: /^\d{5,20}$/,
    optional: true,
  }),
  metaAppSecret: variable.secret('META_APP_SECRET', {
    doc: 'secret of the Meta app, which is asked for with the code of an Embedded Signup',
    optional: true,
  }),
  otpPhoneNumberId: variable.text('OTP_PHONE_NUMBER_ID', {
    doc: "phone number id of the operator's own channel, which sends codes; without it into the outbox",
    pattern: /^\d{5,20}$/,
    optional: true,
  }),
  otpAccessToken: variable.secret('OTP_ACCESS_TOKEN', {
    doc: "access token of the operator's own channel",
    optional: true,
  }),
  otpTemplate: variable.text('OTP_TEMPLATE', {
    doc: 'name of the authentication template that carries a code',
    default: 'verification_code',
  }),
  otpTemplateLanguage: variable.text('OTP_TEMPLATE_LANGUAGE', {
    doc: 'language of that template',
    default: 'en_US',
  }),
  smtpUrl: variable.url('SMTP_URL', {
    doc: 'server that takes mails, with user name and password; without it they go into the outbox',
    protocols: ['smtp', 'smtps'],
    secret: true,
    optional: true,
  }),
  mailFrom: variable.text('MAIL_FROM', {
    doc: 'sender of mails',
    default: 'WhatsApp gateway <gateway@localhost>',
  }),
  outboxUrl: variable.url('OUTBOX_URL', {
    doc: 'simulator that prints codes and mails which nothing else sends',
    optional: true,
  }),
  republish: variable.boolean('AUTH_REPUBLISH', {
    doc: 'Publishes the whole state again at start: after the topic was lost or TENANCY_SEALING_KEY changed',
    default: false,
  }),
  seedDemo: variable.boolean('AUTH_SEED_DEMO', {
    doc: 'Allows the demo organization to be made; refused in production',
    default: false,
  }),
  logLevel: variable.oneOf<LogLevel, { doc: string; default: LogLevel }>('LOG_LEVEL', LOG_LEVELS, {
    doc: 'How much is logged',
    default: 'info',
  }),
};

export type AuthConfig = ConfigOf<typeof AUTH_VARIABLES>;
