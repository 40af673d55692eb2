import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';

const COMMITS = 200;

/** The median time of one small commit, asked for and flushed to disk, in a database that does nothing else. */
export async function commitMs(dataDir: string): Promise<number> {
  const connectionString = readFileSync(join(dataDir, 'database.url'), 'utf8').trim();
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const times: number[] = [];
    for (let index = 0; index < COMMITS; index += 1) {
      const startedMs = performance.now();
      await client.query("select pg_logical_emit_message(true, 'bench', 'commit')");
      times.push(performance.now() - startedMs);
    }
    return times.sort((one, other) => one - other)[COMMITS / 2] ?? Number.NaN;
  } finally {
    await client.end();
  }
}
