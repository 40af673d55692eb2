import { cpuByProcess } from './cpu';
import type { CpuByProcess } from './cpu';

/** Everything that a start leaves to do is done by then. */
const SETTLE_MS = 5_000;
const SERVICES: ReadonlySet<string> = new Set([
  'standalone',
  'edge',
  'auth',
  'rate-limiter',
  'billing',
  'dispatcher',
  'webhooks',
]);

export interface Idle {
  /** Percent of one core, of all services together; without Kafka, Postgres and what measures. */
  readonly servicesPercent: number;
  readonly percentByProcess: CpuByProcess;
}

/** What the processes use while nobody asks for anything. */
export async function measureIdle(seconds: number): Promise<Idle> {
  await passed(SETTLE_MS);
  const before = cpuByProcess();
  await passed(seconds * 1_000);
  const percentByProcess = Object.fromEntries(
    Object.entries(cpuByProcess()).map(([kind, ms]) => [
      kind,
      (ms - (before[kind] ?? 0)) / seconds / 10,
    ]),
  );
  const servicesPercent = Object.entries(percentByProcess)
    .filter(([kind]) => SERVICES.has(kind))
    .reduce((total, [, percent]) => total + percent, 0);
  return { servicesPercent, percentByProcess };
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
