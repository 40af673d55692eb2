import { loadConfig, runMain } from '@gateway/platform';
import { MIGRATE_VARIABLES } from './migrate.config';
import { migrateAll } from './migrate-all';

/** Brings the schemas and roles of all services up to this release; run before its services start. */
runMain('migrate', async () => {
  await migrateAll(loadConfig(MIGRATE_VARIABLES), (line) => {
    console.log(`migrated ${line}`);
  });
  console.log('the schemas are up to date');
});
