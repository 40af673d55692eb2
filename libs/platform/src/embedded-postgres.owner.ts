import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

/** Which process a data directory belongs to; the start tells it from a later process with the same number. */
interface Owner {
  readonly pid: number;
  readonly startedAt: string;
}

const ownerFile = (dataDir: string): string => resolve(dataDir, 'owner.json');

/** @throws Error naming the living process that the directory belongs to */
export async function claimDirectory(dataDir: string): Promise<void> {
  const mine: Owner = { pid: process.pid, startedAt: startOf(process.pid) };
  for (;;) {
    try {
      await writeFile(ownerFile(dataDir), JSON.stringify(mine), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = await readOwner(dataDir);
    if (owner !== undefined && isAlive(owner)) {
      throw new Error(`${dataDir} is in use by the process ${owner.pid}.`);
    }
    await releaseDirectory(dataDir);
  }
}

export const releaseDirectory = (dataDir: string): Promise<void> =>
  rm(ownerFile(dataDir), { force: true });

async function readOwner(dataDir: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(ownerFile(dataDir), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

const isAlive = ({ pid, startedAt }: Owner): boolean =>
  isProcessAlive(pid) && startOf(pid) === startedAt;

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const START_FIELD = 19;

/** Ticks since boot at which a process started; empty where there is no /proc. */
function startOf(pid: number): string {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Behind the name, which may hold blanks and parentheses itself.
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[START_FIELD] ?? '';
  } catch {
    return '';
  }
}
