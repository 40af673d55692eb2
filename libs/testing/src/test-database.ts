import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import {
  migrate,
  openDatabase,
  serviceDatabaseUrl,
  type DatabaseDefinition,
} from '@gateway/platform';
import { sharedPostgresUrl } from './shared-postgres';

/** Roles belong to the whole server, so that every database of a run needs the same password. */
const ROLE_PASSWORD = 'role-password-of-tests';
const POOL_MAX = 4;

export interface TestDatabase {
  /** Of the service's own role, as in production. */
  readonly url: string;
  /** Of a superuser, for looking at what a service may not see. */
  readonly ownerUrl: string;
  /** Connected as the service's role, in its schema. */
  readonly dataSource: DataSource;
  /** Ends the connections and drops the database. */
  close(): Promise<void>;
}

/**
 * A fresh, migrated database on the embedded Postgres that a whole test run shares; the first call of a run starts it.
 */
export async function testDatabase(definition: DatabaseDefinition): Promise<TestDatabase> {
  const serverUrl = await sharedPostgresUrl();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await runAsOwner(serverUrl, `create database ${name}`);
  const ownerUrl = new URL(serverUrl);
  ownerUrl.pathname = `/${name}`;
  await migrate({
    url: ownerUrl.toString(),
    definitions: [definition],
    rolePasswords: { [definition.schema]: ROLE_PASSWORD },
  });
  const url = serviceDatabaseUrl(ownerUrl.toString(), definition.schema, ROLE_PASSWORD);
  const dataSource = await openDatabase({ url, definition, poolMax: POOL_MAX, service: 'test' });
  return {
    url,
    ownerUrl: ownerUrl.toString(),
    dataSource,
    close: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await runAsOwner(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function runAsOwner(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
