import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import * as sql from '../../apps/dispatcher/src/messages.sql';

const ROWS_A_STATEMENT = 500_000;
const KEYS = 100_000;
/** Read and written for every message. */
const HOT_TABLES = ['messages', 'message_wamids', 'holds', 'ledger_transactions', 'wallets'];

/** A message of the past with all that it leaves behind; ids are spread over this week as UUIDv7 are. */
const FILL = `
  with tenants as (
    select array_agg(id order by id) as apps, array_agg(organization_id order by id) as orgs
    from auth.applications
  ), made as materialized (
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7'
        || substr(noise, 1, 3) || '8' || substr(noise, 4, 15))::uuid as id,
      apps[1 + g % cardinality(apps)] as app_id, orgs[1 + g % cardinality(orgs)] as org_id,
      'wamid.' || noise as wamid, at
    from tenants, generate_series($1::bigint, $2::bigint) g,
      lateral (select md5('stored ' || g) as noise,
        date_trunc('week', now()) + (now() - date_trunc('week', now())) * (g::float8 / $3::float8) as at) of_row
  ), messages as (
    insert into dispatcher.messages
      (id, app_id, org_id, owner_boot_id, created_at, updated_at, flags, type, state, wamid, response)
    select id, app_id, org_id, '00000000-0000-4000-8000-000000000000', at, at, 0, 'text', 'delivered', wamid,
      convert_to(format('{"messages":[{"id":"%s"}]}', wamid), 'UTF8')
    from made on conflict do nothing
  ), wamids as (
    insert into dispatcher.message_wamids (message_id, wamid_hash)
    select id, hashtextextended(wamid, 0) from made
  ), fees as (
    insert into billing.ledger_transactions (transaction_id, org_id, amount_micro_usd, kind, account)
    select id, org_id, -1000, 'infrastructure_fee', 'infrastructure_revenue' from made
    on conflict do nothing returning org_id
  )
  update billing.wallets w set balance_micro_usd = w.balance_micro_usd - 1000 * f.count
  from (select org_id, count(*) from fees group by org_id) f where f.org_id = w.org_id`;

const FILL_KEYS = `
  insert into auth.api_keys (id, organization_id, application_id, name, environment, key_hash, last4,
    limit_per_second, limit_per_minute, created_at)
  select gen_random_uuid(), a.organization_id, a.id, 'stored', 'production',
    md5('key ' || g) || md5('hash ' || g), '0000', 80, 4800, now()
  from (select *, row_number() over (order by id) - 1 as position, count(*) over () as count
    from auth.applications) a, generate_series(1, ${KEYS}) g
  where a.position = g % a.count
  on conflict do nothing`;

export interface Scans {
  readonly table: string;
  readonly sequential: number;
  readonly byIndex: number;
}

/** The database of a running profile, as its owner sees it. */
export class StoredRows {
  private constructor(private readonly client: Client) {}

  static async use<T>(dataDir: string, work: (rows: StoredRows) => Promise<T>): Promise<T> {
    const connectionString = readFileSync(join(dataDir, 'database.url'), 'utf8').trim();
    const client = new Client({ connectionString });
    await client.connect();
    try {
      // Where the triggers of messages find their tables, and the dispatcher's statements theirs.
      await client.query('set search_path = dispatcher');
      return await work(new StoredRows(client));
    } finally {
      await client.end();
    }
  }

  /** Messages with their fees, and API keys, made by SQL. */
  async fill(rows: number): Promise<void> {
    for (let from = 1; from <= rows; from += ROWS_A_STATEMENT) {
      const to = Math.min(rows, from + ROWS_A_STATEMENT - 1);
      await this.client.query(FILL, [from, to, rows]);
      console.log(`stored: ${to} messages`);
    }
    await this.client.query(FILL_KEYS);
    await this.client.query('vacuum analyze');
    // What the filling left to write is not written while messages are measured.
    await this.client.query('checkpoint');
  }

  /** How the tables of the hot path were read so far; partitions count for their table. */
  async scans(): Promise<Scans[]> {
    const { rows } = await this.client.query<Scans>(
      `select t.name as table, sum(s.seq_scan)::int as sequential, sum(s.idx_scan)::int as "byIndex"
       from unnest($1::text[]) t (name)
       join pg_stat_user_tables s on s.relname = t.name or s.relname ~ ('^' || t.name || '_(\\d+|other)$')
       group by 1 order by 1`,
      [HOT_TABLES],
    );
    return rows;
  }

  /** Plans of the dispatcher's statements, as they are run for any batch. */
  async plans(): Promise<Readonly<Record<string, string>>> {
    const statements = { claim: sql.CLAIM_PLAIN, settle: sql.SETTLE, find: sql.FIND };
    const plans: Record<string, string> = {};
    for (const [name, text] of Object.entries(statements)) {
      const { rows } = await this.client.query<{ 'QUERY PLAN': string }>(
        `explain (generic_plan, costs off) ${text}`,
      );
      plans[name] = rows.map((row) => row['QUERY PLAN']).join('\n');
    }
    return plans;
  }
}
