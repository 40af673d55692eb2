import { readFileSync, readdirSync } from 'node:fs';

/** Clock ticks of /proc: 100 a second on every Linux that Node runs on. */
const MS_PER_TICK = 10;
const BYTES_PER_KB = 1_024;

/** CPU time in milliseconds that each kind of process has used so far. */
export type CpuByProcess = Readonly<Record<string, number>>;

const KINDS: readonly (readonly [string, RegExp])[] = [
  ['generator', /bench\/generator/],
  ['receivers', /bench\/webhooks\/receivers/],
  ['baseline', /bench\/baselines\/proxy/],
  ['stock chain', /bench\/baselines\/stock/],
  ['simulator', /meta-simulator/],
  ['standalone', /apps\/standalone/],
  ['edge', /apps\/edge\//],
  ['auth', /apps\/auth\//],
  ['rate-limiter', /apps\/rate-limiter\//],
  ['billing', /apps\/billing\//],
  ['dispatcher', /apps\/dispatcher\//],
  ['webhooks', /apps\/webhooks\//],
  ['postgres', /postgres/],
  ['kafka', /kafka\.Kafka/],
];

/** Reads /proc for the descendants of this process; elsewhere than on Linux there is nothing to read. */
export function cpuByProcess(): CpuByProcess {
  const used: Record<string, number> = {};
  for (const pid of descendants(process.pid)) {
    const kind = kindOf(pid);
    const ticks = ticksOf(pid);
    if (kind !== null && ticks !== null) used[kind] = (used[kind] ?? 0) + ticks * MS_PER_TICK;
  }
  return used;
}

/** Resident memory in bytes of each kind of process; what several share, as Postgres its buffers, counts once. */
export type MemoryByProcess = Readonly<Record<string, number>>;

/** Reads /proc for the descendants of this process; elsewhere than on Linux there is nothing to read. */
export function memoryByProcess(): MemoryByProcess {
  const used: Record<string, number> = {};
  for (const pid of descendants(process.pid)) {
    const kind = kindOf(pid);
    const bytes = memoryOf(pid);
    if (kind !== null && bytes !== null) used[kind] = (used[kind] ?? 0) + bytes;
  }
  return used;
}

/** CPU in milliseconds for each message, by kind of process, without generator and baseline. */
export function cpuPerMessage(
  before: CpuByProcess,
  after: CpuByProcess,
  messages: number,
): CpuByProcess {
  const entries = Object.entries(after)
    .filter(([kind]) => kind !== 'generator' && kind !== 'baseline')
    .map(([kind, ms]) => [kind, (ms - (before[kind] ?? 0)) / Math.max(1, messages)] as const)
    .filter(([, ms]) => ms > 0);
  return Object.fromEntries(entries);
}

/** Of all processes together. */
export const totalOf = (cpu: CpuByProcess): number =>
  Object.values(cpu).reduce((total, ms) => total + ms, 0);

/** Every process whose chain of parents leads to `root`, read in one pass over /proc. */
function descendants(root: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const entry of processEntries()) {
    const parent = parentOf(entry);
    if (parent === null) continue;
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), entry]);
  }
  const found: number[] = [];
  const waiting = [root];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    const children = childrenOf.get(pid) ?? [];
    found.push(...children);
    waiting.push(...children);
  }
  return found;
}

function processEntries(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

const parentOf = (pid: number): number | null => numberAt(statOf(pid), 1);

function ticksOf(pid: number): number | null {
  const stat = statOf(pid);
  const user = numberAt(stat, 11);
  const system = numberAt(stat, 12);
  return user === null || system === null ? null : user + system;
}

/** Its proportional share, by /proc/<pid>/smaps_rollup. */
function memoryOf(pid: number): number | null {
  try {
    const [, kilobytes] =
      /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) * BYTES_PER_KB;
  } catch {
    return null; // it ended meanwhile
  }
}

/** The fields of /proc/<pid>/stat behind the command, whose name may hold spaces. */
function statOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  } catch {
    return []; // it ended meanwhile
  }
}

function numberAt(fields: readonly string[], index: number): number | null {
  const field = fields[index];
  return field === undefined ? null : Number(field);
}

function kindOf(pid: number): string | null {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return KINDS.find(([, pattern]) => pattern.test(command))?.[0] ?? null;
  } catch {
    return null; // it ended meanwhile
  }
}
