import { asTenant, openDatabase, serviceDatabaseUrl } from '@gateway/platform';
import type { DataSource } from 'typeorm';
import { AUTH_DATABASE } from '../../auth/src/auth.database';
import { BILLING_DATABASE } from '../../billing/src/billing.database';
import { rolePassword } from '../src/embedded-environment';
import { Installation } from '../src/installation';
import { GatewayClient } from './gateway-client';
import { GatewayProcess } from './gateway-process';
import { createTenant, type Tenant } from './tenants';

/** Columns that name an organization; a table that has one and is not bound would be forgotten. */
const COLUMNS = ['org_id', 'organization_id'];
const FULL = {
  auth: ['api_keys', 'applications', 'audit_entries', 'channels', 'organizations'],
  billing: ['ledger_transactions', 'wallets'],
} as const;

describe.each([AUTH_DATABASE, BILLING_DATABASE])(
  'an organization in the database of $schema',
  (definition) => {
    const { schema } = definition;
    const tenantTables = definition.tenantTables as Readonly<Record<string, string>>;
    let gateway: GatewayProcess;
    let service: DataSource;
    let one: Tenant;
    let other: Tenant;

    beforeAll(async () => {
      gateway = await GatewayProcess.start({ profile: 'standalone' });
      one = await createTenant(gateway, {});
      other = await createTenant(gateway, {});
      for (const { productionKey } of [one, other]) {
        const answer = await new GatewayClient(gateway.url, productionKey).send();
        expect(answer.status).toBe(200);
      }
      const password = rolePassword(Installation.open(gateway.dataDir), schema);
      const url = serviceDatabaseUrl(gateway.databaseUrl, schema, password);
      service = await openDatabase({ url, definition, service: 'test' });
    }, 150_000);

    afterAll(async () => {
      await service.destroy();
      await gateway.stop();
    }, 60_000);

    /** Whose rows a statement without any WHERE returns. */
    const owners = (table: string, column: string): string =>
      `select distinct ${column}::text as org from ${schema}.${table} where ${column} is not null`;

    it('sees its own rows alone in each table, whatever a statement forgets', async () => {
      const seen: Record<string, string[]> = {};
      for (const [table, column] of Object.entries(tenantTables)) {
        const rows = await asTenant(service, one.orgId, (manager) =>
          manager.query<{ org: string }[]>(owners(table, column)),
        );
        seen[table] = rows.map(({ org }) => org);
        expect([table, seen[table].filter((org) => org !== one.orgId)]).toEqual([table, []]);
      }
      for (const table of FULL[schema as keyof typeof FULL]) {
        expect([table, seen[table]]).toEqual([table, [one.orgId]]);
        const all = await service.query<{ org: string }[]>(
          owners(table, tenantTables[table] ?? ''),
        );
        expect(all.map(({ org }) => org)).toEqual(expect.arrayContaining([one.orgId, other.orgId]));
      }
    });

    it('changes no row of another', async () => {
      for (const [table, column] of Object.entries(tenantTables)) {
        if (definition.appendOnlyTables?.includes(table)) continue;
        const sql = `update ${schema}.${table} set ${column} = ${column} returning ${column} as org`;
        const [changed] = await asTenant(service, one.orgId, (manager) =>
          manager.query<[{ org: string }[], number]>(sql),
        );
        expect([table, changed.filter(({ org }) => org !== one.orgId)]).toEqual([table, []]);
      }
    });

    it('has every table that holds rows of organizations bound', async () => {
      const rows = await service.query<{ name: string }[]>(
        `select distinct c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
         where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
           and a.attname = any ($2) and not a.attisdropped`,
        [schema, COLUMNS],
      );
      const bound = Object.keys(tenantTables);
      expect(rows.map(({ name }) => name).filter((name) => !bound.includes(name))).toEqual([]);
    });
  },
);
