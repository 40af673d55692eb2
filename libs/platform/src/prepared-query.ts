import { escapeLiteral as literal, type PoolClient, type QueryConfig } from 'pg';
import type { DataSource } from 'typeorm';
import { poolOf } from './database';
import { isRetryableDatabaseError } from './database-error';
import { tenantSettings, type Tenant } from './tenant-rows';

/** A named statement: Postgres parses and plans it once for each connection. */
export interface PreparedStatement {
  /** Unique in the process, at most 63 characters; the same name always has the same text. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /** After which the connection is given up, for a server that no longer answers at all. */
  readonly timeoutMs?: number;
}

interface PreparedResult<Row> {
  rows: Row[];
  /** Rows that the statement returned or changed. */
  rowCount: number;
}

const TIMEOUT_MS = 12_000;

/** The connection of a transaction that works for one tenant alone. */
class TenantConnection {
  constructor(readonly client: PoolClient) {}
}

/** Where statements run: on any connection of the service, or on that of a tenant's transaction. */
export type Statements = DataSource | TenantConnection;

/**
 * One statement on the data source's own pool, without TypeORM's layers: the hot path.
 *
 * @throws the driver's error; `isDataError` and `isRetryableDatabaseError` class it
 */
export async function preparedQuery<Row extends object>(
  on: Statements,
  statement: PreparedStatement,
): Promise<PreparedResult<Row>> {
  if (on instanceof TenantConnection) {
    // Under a name of its own: one plan for both roles would be made anew with each change between them.
    return run<Row>(on.client, { ...statement, name: `${statement.name}_of_tenant` });
  }
  const client = await poolOf(on).connect();
  try {
    const result = await run<Row>(client, statement);
    client.release();
    return result;
  } catch (error) {
    // What the statement itself caused leaves the connection whole; any other failure may not.
    client.release(isRetryableDatabaseError(error));
    throw error;
  }
}

/**
 * As `asTenant`, for prepared statements that only read. A connection on which anything fails is given up: its
 * transaction ends with it, though the server may not answer at all.
 */
export async function preparedAsTenant<Result>(
  dataSource: DataSource,
  tenant: Tenant,
  work: (statements: Statements) => Promise<Result>,
): Promise<Result> {
  const settings = tenantSettings(dataSource, tenant)
    .map(([name, value]) => `set_config(${literal(name)}, ${literal(value)}, true)`)
    .join(', ');
  const client = await poolOf(dataSource).connect();
  try {
    await client.query(timed(`begin read only; select ${settings}`));
    const result = await work(new TenantConnection(client));
    await client.query(timed('commit'));
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

const BOUNDARY_TIMEOUT_MS = 1_500;

const timed = (text: string): QueryConfig & { query_timeout: number } => ({
  text,
  query_timeout: BOUNDARY_TIMEOUT_MS,
});

async function run<Row extends object>(
  client: PoolClient,
  { name, text, values, timeoutMs = TIMEOUT_MS }: PreparedStatement,
): Promise<PreparedResult<Row>> {
  const query: QueryConfig & { query_timeout: number } = {
    name,
    text,
    values: values as unknown[],
    query_timeout: timeoutMs,
  };
  const { rows, rowCount } = await client.query<Row>(query);
  return { rows, rowCount: rowCount ?? 0 };
}
