import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Who the server runs as; empty when that is the user of this process. */
export interface PostgresUser {
  readonly uid?: number;
  readonly gid?: number;
}

const NAME = 'postgres';

/** Postgres refuses to run as root: there it is the user `postgres`, made when it is missing. */
export async function findPostgresUser(): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) return {};
  const known = await idsOf(NAME);
  if (known !== undefined) return known;
  await run('groupadd', ['--system', NAME]).catch(() => undefined);
  await run('useradd', [
    '--system',
    '--gid',
    NAME,
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    NAME,
  ]).catch(() => undefined);
  const made = await idsOf(NAME);
  if (made === undefined) {
    throw new Error(
      'Postgres does not run as root and the user "postgres" could not be made: start as another user.',
    );
  }
  return made;
}

async function idsOf(name: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** A directory that the server's user cannot reach would end in an unexplained EACCES. */
export async function refuseClosedPath(path: string, user: PostgresUser): Promise<void> {
  if (user.uid === undefined) return;
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid, gid } = await stat(at);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw new Error(
        `The user "${NAME}", which Postgres runs as under root, cannot enter ${at}: ` +
          `open it (chmod o+x) or move the directory elsewhere.`,
      );
    }
    if (dirname(at) === at) return;
  }
}
