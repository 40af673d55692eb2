import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { serviceRole, type DatabaseDefinition } from './database';
import { grantSchema, prepareDatabase, prepareRoles, prepareSchema } from './database.roles';
import { grantTenantRole } from './tenant-rows';
import { silentLogger } from './typeorm-logger';

interface MigrateOptions {
  /** Of a role that may create schemas and roles. */
  readonly url: string;
  readonly definitions: readonly DatabaseDefinition[];
  /** Password of each service's role, by schema. */
  readonly rolePasswords: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

/** Any number that nothing else in this database locks on. */
const LOCK = 7_305_428_119;
const LOCK_TIMEOUT_MS = 5_000;

/**
 * Brings the schemas and roles of the given services to where this release needs them: one schema and one login role
 * with DML rights for each. Runs again without effect; of several processes at once one works and the others wait.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const client = new Client({
    connectionString: options.url,
    application_name: 'migrate',
    keepAlive: true,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await prepareDatabase(client);
    for (const definition of options.definitions) await migrateSchema(client, definition, options);
  } finally {
    // Ends the session and with it the lock.
    await client.end();
  }
}

async function migrateSchema(
  client: Client,
  definition: DatabaseDefinition,
  { url, rolePasswords, log }: MigrateOptions,
): Promise<void> {
  const { schema } = definition;
  const password = rolePasswords[schema];
  if (password === undefined) throw new Error(`No password for the role ${serviceRole(schema)}.`);
  if (!/^[a-z][a-z_]{0,40}$/.test(schema)) throw new Error(`${schema} is no name for a schema.`);
  await prepareRoles(client, schema, password);
  await prepareSchema(client, definition);
  const names = await runMigrations(url, definition);
  await grantSchema(client, definition);
  await grantTenantRole(client, definition);
  for (const name of names) log?.(`${schema}: ${name}`);
}

async function runMigrations(url: string, definition: DatabaseDefinition): Promise<string[]> {
  const { schema, migrations } = definition;
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    schema,
    applicationName: 'migrate',
    migrations: [...migrations],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    logger: silentLogger,
    poolSize: 2,
    poolErrorHandler: () => undefined,
    // A migration that waits for a lock holds up everything behind it: better it fails and is run again.
    extra: { options: `-c search_path=${schema} -c lock_timeout=${LOCK_TIMEOUT_MS}` },
  }).initialize();
  try {
    return (await dataSource.runMigrations()).map(({ name }) => name);
  } finally {
    await dataSource.destroy();
  }
}
