import { escapeIdentifier as id, type Client } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { serviceRole, type DatabaseDefinition } from './database';

/** The role that sees rows of one organization alone; a service takes it for a transaction. */
const tenantRole = (schema: string): string => `${serviceRole(schema)}_tenant`;

/** For whom a transaction works, bound to it: a pooled connection keeps nothing of it. For the rules of tables. */
export const TENANT_ORGANIZATION = `nullif(current_setting('app.tenant', true), '')::uuid`;
export const TENANT_APPLICATION = `nullif(current_setting('app.application', true), '')::uuid`;

/** An organization, or one application of it: tables that are bound by application show nothing without one. */
export type Tenant = string | { readonly orgId: string; readonly appId: string };
const OF_SERVICE = 'rows_of_all';
const OF_TENANT = 'rows_of_tenant';
const LOCK_TIMEOUT_MS = 5_000;

/**
 * Runs `work` in a transaction that can neither see nor write rows of any other organization, whatever its statements
 * forget to ask for. What works for many organizations at a time does not come this way.
 */
export async function asTenant<Result>(
  dataSource: DataSource,
  tenant: Tenant,
  work: (manager: EntityManager) => Promise<Result>,
): Promise<Result> {
  return dataSource.transaction(async (manager) => {
    await enterTenant(manager, tenant);
    return work(manager);
  });
}

/** From here to its end the transaction is one of `asTenant`. */
export async function enterTenant(manager: EntityManager, tenant: Tenant): Promise<void> {
  const settings = tenantSettings(manager.dataSource, tenant);
  await manager.query(
    `select ${settings.map((_, index) => `set_config($${2 * index + 1}, $${2 * index + 2}, true)`).join(', ')}`,
    settings.flat(),
  );
}

/** What makes a transaction one of the tenant. */
export function tenantSettings({ options }: DataSource, tenant: Tenant): [string, string][] {
  const { schema } = options as { readonly schema?: string };
  if (schema === undefined) throw new Error('The data source has no schema.');
  const { orgId, appId } = typeof tenant === 'string' ? { orgId: tenant, appId: '' } : tenant;
  return [
    ['role', tenantRole(schema)],
    ['app.tenant', orgId],
    ['app.application', appId],
  ];
}

/** Nobody logs in as this role; the service alone may take it. */
export async function prepareTenantRole(client: Client, schema: string): Promise<void> {
  const role = tenantRole(schema);
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
  if (rowCount === 0) {
    const limits = 'nologin nosuperuser nobypassrls nocreatedb nocreaterole';
    await client.query(`create role ${id(role)} ${limits}`);
  }
  await client.query(`grant ${id(role)} to ${id(serviceRole(schema))}`);
}

/**
 * The service's rights for that role, and the policies of the tables that hold organizations' rows. Partitions have
 * none of their own: the role reaches them through their table alone.
 */
export async function grantTenantRole(
  client: Client,
  { schema, tenantTables = {}, appendOnlyTables = [], serviceTables = [] }: DatabaseDefinition,
): Promise<void> {
  const role = id(tenantRole(schema));
  const { rows } = await client.query<{ name: string; is_partition: boolean }>(
    `select c.relname as name, c.relispartition as is_partition from pg_class c
     where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'migrations'`,
    [id(schema)],
  );
  const tables = rows
    .filter((row) => !row.is_partition && !serviceTables.includes(row.name))
    .map(({ name }) => name);
  const nameOf = (table: string): string => `${id(schema)}.${id(table)}`;
  const statements = [
    `grant usage on schema ${id(schema)} to ${role}`,
    `grant usage, select on all sequences in schema ${id(schema)} to ${role}`,
    ...tables.map((table) =>
      appendOnlyTables.includes(table)
        ? `grant select, insert on ${nameOf(table)} to ${role}`
        : `grant select, insert, update, delete on ${nameOf(table)} to ${role}`,
    ),
    ...serviceTables.map((table) => `revoke all on ${nameOf(table)} from ${role}`),
    ...(await missingPolicies(client, { schema, tenantTables })),
  ];
  await client.query(
    `begin; set local lock_timeout = ${LOCK_TIMEOUT_MS}; ${statements.join('; ')}; commit`,
  );
}

/** What is there already is left alone: a policy is made under a lock that nothing else runs beside. */
async function missingPolicies(
  client: Client,
  { schema, tenantTables }: Required<Pick<DatabaseDefinition, 'schema' | 'tenantTables'>>,
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'select distinct tablename as name from pg_policies where schemaname = $1 and policyname = $2',
    [schema, OF_TENANT],
  );
  const done = new Set(rows.map(({ name }) => name));
  return Object.entries(tenantTables)
    .filter(([table]) => !done.has(table))
    .flatMap(([table, of]) => {
      const name = `${id(schema)}.${id(table)}`;
      const isOwn = typeof of === 'string' ? `${id(of)} = ${TENANT_ORGANIZATION}` : of.rule;
      return [
        `alter table ${name} enable row level security`,
        `create policy ${OF_SERVICE} on ${name} to ${id(serviceRole(schema))} using (true) with check (true)`,
        `create policy ${OF_TENANT} on ${name} to ${id(tenantRole(schema))} using (${isOwn}) with check (${isOwn})`,
      ];
    });
}
