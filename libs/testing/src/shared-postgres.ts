import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processEnvironment, startEmbeddedPostgres } from '@gateway/platform';

const WAIT_MAX_MS = 60_000;

/** Tests prove what the code does, not what the disk does: without fsync a database is made in 30 ms. */
const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  deadlock_timeout: '200ms',
};

let url: Promise<string> | undefined;

/**
 * URL of the one server of this test run. Whichever worker needs it first starts it, the others wait; the global
 * teardown of jest stops it (`libs/testing/jest.global-teardown.cjs`).
 */
export function sharedPostgresUrl(): Promise<string> {
  url ??= startOrWait();
  return url;
}

async function startOrWait(): Promise<string> {
  const directory = processEnvironment().GATEWAY_TEST_DIRECTORY;
  if (directory === undefined) throw new Error('GATEWAY_TEST_DIRECTORY is set by the jest set-up.');
  const urlFile = resolve(directory, 'url');
  for (const deadlineMs = Date.now() + WAIT_MAX_MS; Date.now() < deadlineMs;) {
    if (existsSync(urlFile)) return readFile(urlFile, 'utf8');
    if (await takeLock(directory)) return start(directory, urlFile);
    await sleep(20);
  }
  throw new Error('No worker could start the Postgres of this test run.');
}

/** The lock is a directory: making it succeeds once. A worker that fails removes it, so that the next one tries. */
async function takeLock(directory: string): Promise<boolean> {
  try {
    await mkdir(resolve(directory, 'starting'));
    return true;
  } catch {
    return false;
  }
}

async function start(directory: string, urlFile: string): Promise<string> {
  try {
    const server = await startEmbeddedPostgres({
      dataDir: resolve(directory, 'postgres'),
      settings: SETTINGS,
    });
    await writeFile(`${urlFile}.new`, server.url, { mode: 0o600 });
    await rename(`${urlFile}.new`, urlFile);
    return server.url;
  } catch (error) {
    await rm(resolve(directory, 'starting'), { recursive: true });
    throw error;
  }
}
