import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { GatewayProcess } from './gateway-process';

/** Something that people or other programs read: where it is, and its bytes, one character each. */
export interface Place {
  readonly name: string;
  readonly text: string;
}

const ofBytes = (name: string, bytes: Buffer): Place => ({ name, text: bytes.toString('latin1') });

/** Files of a cluster that hold its own keys, and are for nobody else. */
const KEY_FILES = new Set(['installation.key', 'demo.json', 'database.url']);

/** What the services and what stands around them wrote to their logs, and to the terminal. */
export function logsOf(gateway: GatewayProcess): Place[] {
  const folder = join(gateway.dataDir, 'logs');
  return [
    { name: 'terminal', text: gateway.printed },
    ...readdirSync(folder).map((file) => ofBytes(`log ${file}`, readFileSync(join(folder, file)))),
  ];
}

/** Metrics of every process. */
export function metricsOf(gateway: GatewayProcess): Promise<Place[]> {
  return Promise.all(
    gateway.cluster().services.map(async ({ service, ordinal, healthUrl }) => {
      const answer = await fetch(`${healthUrl}/metrics`);
      if (!answer.ok) throw new Error(`the metrics of ${service} are ${answer.status}`);
      return { name: `metrics ${service}-${ordinal}`, text: await answer.text() };
    }),
  );
}

/** Every topic, as it lies on the broker's disk; nothing is compressed there. */
export function topicsOf(gateway: GatewayProcess): Place[] {
  const folder = join(gateway.dataDir, 'kafka', 'log');
  return filesBelow(folder)
    .filter((file) => file.endsWith('.log') && !file.includes('__cluster_metadata'))
    .map((file) => ofBytes(`topic ${file}`, readFileSync(join(folder, file))));
}

/** Every row of every table, partitions by themselves; bytes are in hexadecimal. */
export async function tablesOf(database: Client): Promise<Place[]> {
  const { rows: tables } = await database.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  const places: Place[] = [];
  for (const { name } of tables) {
    const { rows } = await database.query<{ row: string }>(`select t::text as row from ${name} t`);
    places.push({ name: `table ${name}`, text: rows.map(({ row }) => row).join('\n') });
  }
  return places;
}

/** Every file of the installation but its own keys: also rows that are gone, and the database's log of changes. */
export function diskOf({ dataDir }: GatewayProcess): Place[] {
  return filesBelow(dataDir)
    .filter((file) => !KEY_FILES.has(file))
    .flatMap((file) => {
      const bytes = bytesOf(join(dataDir, file));
      return bytes === null ? [] : [ofBytes(`file ${file}`, bytes)];
    });
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

/** Null for a file that went away meanwhile, as temporary ones do. */
function bytesOf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
