import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who a member of a consumer group is; rides in the assigner's user data, where a later self finds it. */
export interface ProcessIdentity {
  readonly host: string;
  /** Made anew by each start of a process. */
  readonly bootId: string;
  readonly pid: number;
  /** Start of the process in the system's clock ticks; null where the system does not tell. */
  readonly startTicks: number | null;
}

export const ownIdentity: ProcessIdentity = {
  host: hostname(),
  bootId: randomUUID(),
  pid: process.pid,
  startTicks: statOf(process.pid)?.startTicks ?? null,
};

/** Whether the process surely runs no more; false when in doubt. Only for processes of this host. */
export function isGone({ pid, startTicks }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  // The id is in use: by a corpse that its parent did not collect, or by another process that started later. The
  // second is the rule in a container, where each life of it is process 1.
  const stat = statOf(pid);
  if (!stat) return false;
  return stat.isDead || (startTicks !== null && stat.startTicks !== startTicks);
}

/** Fields 3 and 22 of /proc/<pid>/stat; the name before them may hold blanks and parentheses. */
function statOf(pid: number): { isDead: boolean; startTicks: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0] ?? '';
    return { isDead: state === 'Z' || state === 'X', startTicks: Number(fields[19]) };
  } catch {
    // No /proc, or the process ended meanwhile.
    return null;
  }
}

export function encodeIdentity(identity: ProcessIdentity): Buffer {
  return Buffer.from(JSON.stringify(identity));
}

/** The identity in a member's user data, or null when it is none: another client may have written it. */
export function decodeIdentity(userData: Buffer): ProcessIdentity | null {
  try {
    const parsed: unknown = JSON.parse(userData.toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null) return null;
    const { host, bootId, pid, startTicks } = parsed as Record<string, unknown>;
    if (typeof host !== 'string' || typeof bootId !== 'string') return null;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return null;
    if (startTicks !== null && typeof startTicks !== 'number') return null;
    return { host, bootId, pid, startTicks };
  } catch {
    return null;
  }
}
