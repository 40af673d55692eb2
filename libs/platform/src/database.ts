import type { Client, Pool } from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { isRetryableDatabaseError } from './database-error';
import { trackPool } from './database.metrics';
import { silentLogger } from './typeorm-logger';

/** Which rows of a table are the tenant's own, as SQL. */
interface TenantRule {
  readonly rule: string;
}

/** What a service owns in Postgres. */
export interface DatabaseDefinition {
  /** Name of its schema, and of the service in snake case; its role is `gateway_<schema>`. */
  readonly schema: string;
  /** In order; each class name ends with 13 digits, as TypeORM asks. */
  readonly migrations: readonly (new () => MigrationInterface)[];
  /** Tables that the service may only read and add to. */
  readonly appendOnlyTables?: readonly string[];
  /** Tables that hold rows of organizations, with the column that says whose, or else a rule; see `asTenant`. */
  readonly tenantTables?: Readonly<Record<string, string | TenantRule>>;
  /** Tables that no transaction of an organization reaches: nobody's rows, or those of many. */
  readonly serviceTables?: readonly string[];
}

interface OpenOptions {
  readonly url: string;
  readonly definition: DatabaseDefinition;
  /** Connections at most; times replicas, summed over services, it stays under `max_connections`. */
  readonly poolMax?: number;
  /** Shown by Postgres as `application_name`. */
  readonly service: string;
  /** After which Postgres cancels a statement. */
  readonly statementTimeoutMs?: number;
  /** How long a database that is not there yet, or not migrated yet, is waited for. */
  readonly waitMs?: number;
}

const POOL_MAX = 8;
const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3_000;
const WAIT_MS = 30_000;
const WAIT_STEP_MS = 250;

/** The schema lacks migrations that this release needs. */
export class SchemaBehindError extends Error {
  constructor(schema: string, missing: readonly string[]) {
    super(`The schema ${schema} lacks ${missing.join(', ')}: run "npm run migrate" first.`);
    this.name = 'SchemaBehindError';
  }
}

/** The name of the role that a service logs in with. */
export const serviceRole = (schema: string): string => `gateway_${schema}`;

/** The URL of the same database for the role of one service. */
export function serviceDatabaseUrl(ownerUrl: string, schema: string, password: string): string {
  const url = new URL(ownerUrl);
  url.username = serviceRole(schema);
  url.password = encodeURIComponent(password);
  return url.toString();
}

/**
 * A TypeORM data source in the schema of the service, for SQL: no entities. It waits for a database that is starting or
 * being migrated, refuses one whose schema is behind, and refuses a role that row security does not bind.
 */
export async function openDatabase(options: OpenOptions): Promise<DataSource> {
  const deadlineMs = Date.now() + (options.waitMs ?? WAIT_MS);
  for (;;) {
    try {
      return await open(options);
    } catch (error) {
      const mayPass = error instanceof SchemaBehindError || isRetryableDatabaseError(error);
      if (!mayPass || Date.now() >= deadlineMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, WAIT_STEP_MS));
    }
  }
}

async function open(options: OpenOptions): Promise<DataSource> {
  const { schema } = options.definition;
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const dataSource = new DataSource({
    type: 'postgres',
    url: options.url,
    schema,
    applicationName: options.service,
    poolSize: options.poolMax ?? POOL_MAX,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    installExtensions: false,
    logger: silentLogger,
    // A connection that breaks while idle is replaced by the next use; without a listener it would end the process.
    poolErrorHandler: () => undefined,
    extra: {
      options: `-c search_path=${schema}`,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      idleTimeoutMillis: 300_000,
      // The same for one that breaks while in use: its statement fails, which is how the caller hears of it.
      onConnect: (client: Client) => {
        client.on('error', () => undefined);
      },
    },
  });
  await dataSource.initialize();
  try {
    await refuseUnboundRole(dataSource);
    await refuseSchemaBehind(dataSource, options.definition);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  trackPool(schema, poolOf(dataSource));
  return dataSource;
}

async function refuseUnboundRole(dataSource: DataSource): Promise<void> {
  const [role] = await dataSource.query<{ name: string; unbound: boolean }[]>(
    `select rolname as name, rolsuper or rolbypassrls or exists (
       select from pg_class where relowner = r.oid and relnamespace = current_schema()::regnamespace
     ) as unbound from pg_roles r where rolname = current_user`,
  );
  if (role?.unbound !== false) {
    throw new Error(`The role ${role?.name ?? ''} may bypass row security: use the service's own.`);
  }
}

async function refuseSchemaBehind(
  dataSource: DataSource,
  { schema, migrations }: DatabaseDefinition,
): Promise<void> {
  const names = migrations.map(({ name }) => name);
  const [table] = await dataSource.query<{ exists: boolean }[]>(
    'select to_regclass($1) is not null as exists',
    [`${schema}.migrations`],
  );
  const done =
    table?.exists === true
      ? await dataSource.query<{ name: string }[]>('select name from migrations')
      : [];
  const missing = names.filter((name) => !done.some((row) => row.name === name));
  if (missing.length > 0) throw new SchemaBehindError(schema, missing);
}

/** The pool of the driver, which TypeORM does not type. */
export const poolOf = (dataSource: DataSource): Pool =>
  (dataSource.driver as unknown as { readonly master: Pool }).master;
