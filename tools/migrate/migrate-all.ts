import { migrate, type DatabaseDefinition } from '@gateway/platform';
import { AUTH_DATABASE } from '../../apps/auth/src/auth.database';
import { BILLING_DATABASE } from '../../apps/billing/src/billing.database';
import { DISPATCHER_DATABASE } from '../../apps/dispatcher/src/dispatcher.database';
import { WEBHOOKS_DATABASE } from '../../apps/webhooks/src/webhooks.database';
import type { MigrateConfig } from './migrate.config';

/** Every service that has tables. */
export const DATABASES: readonly DatabaseDefinition[] = [
  AUTH_DATABASE,
  BILLING_DATABASE,
  DISPATCHER_DATABASE,
  WEBHOOKS_DATABASE,
];

/** Schemas, roles and migrations of all services; `log` gets a line for each migration that was run. */
export const migrateAll = (config: MigrateConfig, log: (line: string) => void): Promise<void> =>
  migrate({
    url: config.databaseUrl,
    definitions: DATABASES,
    rolePasswords: {
      [AUTH_DATABASE.schema]: config.authPassword,
      [BILLING_DATABASE.schema]: config.billingPassword,
      [DISPATCHER_DATABASE.schema]: config.dispatcherPassword,
      [WEBHOOKS_DATABASE.schema]: config.webhooksPassword,
    },
    log,
  });
