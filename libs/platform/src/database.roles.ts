import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { escapeIdentifier as id, escapeLiteral as literal, type Client } from 'pg';
import { serviceRole, type DatabaseDefinition } from './database';
import { prepareTenantRole } from './tenant-rows';

/** Only the roles made here reach the database; without TEMPORARY nobody but the owner has DDL of any kind. */
export async function prepareDatabase(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>('select current_database() as name');
  const database = id(rows[0]?.name ?? '');
  await client.query(`revoke all on database ${database} from public`);
  await client.query('revoke all on schema public from public');
}

/** `tuple concurrently updated`, and two kinds of "exists": roles belong to all databases of the server. */
const ROLE_RACES = new Set(['XX000', '23505', '42710']);
const ATTEMPTS_MAX = 20;

/**
 * The service's login role, which row security binds, and the one that it takes for an organization. The password is
 * set on every run, so that it can be changed.
 */
export async function prepareRoles(
  client: Client,
  schema: string,
  password: string,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await createOrAlterRole(client, serviceRole(schema), password);
      await prepareTenantRole(client, schema);
      return;
    } catch (error) {
      const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
      if (attempt === ATTEMPTS_MAX || typeof code !== 'string' || !ROLE_RACES.has(code))
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 * attempt));
    }
  }
}

async function createOrAlterRole(client: Client, role: string, password: string): Promise<void> {
  const { rows } = await client.query<{ unbound: boolean }>(
    'select rolsuper or rolbypassrls as unbound from pg_roles where rolname = $1',
    [role],
  );
  const login = `login password ${literal(scramVerifier(password))}`;
  if (rows[0] === undefined) {
    await client.query(
      `create role ${id(role)} ${login} nosuperuser nobypassrls nocreatedb nocreaterole`,
    );
  } else if (rows[0].unbound) {
    throw new Error(`The role ${role} may bypass row security: it is not a service's.`);
  } else {
    await client.query(`alter role ${id(role)} ${login}`);
  }
}

const SCRAM_ITERATIONS = 4_096;

/** What Postgres stores of a password (RFC 5802), so that the password itself is in no statement and no log of it. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/** The schema, closed to everybody but its service, which can look into it and no more. */
export async function prepareSchema(client: Client, definition: DatabaseDefinition): Promise<void> {
  const schema = id(definition.schema);
  const role = id(serviceRole(definition.schema));
  const { rows } = await client.query<{ name: string }>('select current_database() as name');
  await client.query(`create schema if not exists ${schema}`);
  await client.query(`revoke all on schema ${schema} from public`);
  await client.query(`grant usage on schema ${schema} to ${role}`);
  await client.query(`grant connect on database ${id(rows[0]?.name ?? '')} to ${role}`);
  // What migrations of later releases make while this release still runs.
  await client.query(
    `alter default privileges in schema ${schema} grant select, insert, update, delete on tables to ${role}`,
  );
  await client.query(
    `alter default privileges in schema ${schema} grant usage, select on sequences to ${role}`,
  );
}

/** Gives the service its rights on what is there now, in one transaction: no moment has too many or too few. */
export async function grantSchema(
  client: Client,
  { schema, appendOnlyTables = [] }: DatabaseDefinition,
): Promise<void> {
  const role = id(serviceRole(schema));
  const readOnly = [`${id(schema)}.migrations`];
  const appendOnly = appendOnlyTables.map((table) => `${id(schema)}.${id(table)}`);
  const statements = [
    `grant select, insert, update, delete on all tables in schema ${id(schema)} to ${role}`,
    `grant usage, select on all sequences in schema ${id(schema)} to ${role}`,
    `revoke insert, update, delete on ${readOnly.join(', ')} from ${role}`,
    ...(appendOnly.length === 0
      ? []
      : [`revoke update, delete on ${appendOnly.join(', ')} from ${role}`]),
  ];
  await client.query(`begin; ${statements.join('; ')}; commit`);
}
