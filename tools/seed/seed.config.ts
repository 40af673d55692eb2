import { variable } from '@gateway/platform';

/** What the command reads that makes the demo organization of a trial installation. */
export const SEED_VARIABLES = {
  databaseUrl: variable.url('DATABASE_URL', {
    doc: 'the database; user and password are replaced by those of each service',
    protocols: ['postgres', 'postgresql'],
    secret: true,
  }),
  authPassword: variable.secret('AUTH_DATABASE_PASSWORD', { doc: 'of gateway_auth', bytesMin: 8 }),
  billingPassword: variable.secret('BILLING_DATABASE_PASSWORD', {
    doc: 'of gateway_billing',
    bytesMin: 8,
  }),
  /** The demo is derived from it: repeated, the same keys. */
  credentialsKey: variable.key('CREDENTIALS_KEY', { doc: 'as auth has it' }),
};
