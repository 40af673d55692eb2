import { variable, type ConfigOf } from '@gateway/platform';

const PASSWORD_BYTES_MIN = 8;

const password = (service: string) =>
  variable.secret(`${service.toUpperCase()}_DATABASE_PASSWORD`, {
    doc: `password of the role gateway_${service}, as in the DATABASE_URL of that service`,
    bytesMin: PASSWORD_BYTES_MIN,
  });

/** What `npm run migrate` reads. */
export const MIGRATE_VARIABLES = {
  databaseUrl: variable.url('MIGRATION_DATABASE_URL', {
    doc: 'Postgres, with a user that owns the database and may create roles',
    protocols: ['postgres', 'postgresql'],
    secret: true,
  }),
  authPassword: password('auth'),
  billingPassword: password('billing'),
  dispatcherPassword: password('dispatcher'),
  webhooksPassword: password('webhooks'),
};

export type MigrateConfig = ConfigOf<typeof MIGRATE_VARIABLES>;
