import { loadConfig, openDatabase, serviceDatabaseUrl } from '@gateway/platform';
import { testDatabase, type TestDatabase } from '@gateway/testing';
import { DATABASES, migrateAll } from './migrate-all';
import { MIGRATE_VARIABLES } from './migrate.config';

const PASSWORD = 'role-password-of-tests';

describe('npm run migrate', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ schema: 'empty', migrations: [] });
  });
  afterAll(() => database.close());

  it('makes what each service opens its database with, and does nothing the second time', async () => {
    const config = loadConfig(MIGRATE_VARIABLES, {
      MIGRATION_DATABASE_URL: database.ownerUrl,
      AUTH_DATABASE_PASSWORD: PASSWORD,
      BILLING_DATABASE_PASSWORD: PASSWORD,
      DISPATCHER_DATABASE_PASSWORD: PASSWORD,
      WEBHOOKS_DATABASE_PASSWORD: PASSWORD,
    });
    const lines: string[] = [];
    await migrateAll(config, (line) => lines.push(line));
    expect(lines).toEqual(
      DATABASES.flatMap(({ schema, migrations }) =>
        migrations.map(({ name }) => `${schema}: ${name}`),
      ),
    );
    for (const definition of DATABASES) {
      const url = serviceDatabaseUrl(database.ownerUrl, definition.schema, PASSWORD);
      await (await openDatabase({ url, definition, service: 'test', waitMs: 0 })).destroy();
    }
    lines.length = 0;
    await migrateAll(config, (line) => lines.push(line));
    expect(lines).toEqual([]);
  });
});
