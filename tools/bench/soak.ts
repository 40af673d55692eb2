import { memoryByProcess, type MemoryByProcess } from './cpu';
import { runOpenModel } from './load';
import type { LoadTarget } from './load-target';

const SAMPLE_INTERVAL_MS = 1_000;

export interface Soak {
  readonly perSecond: number;
  readonly seconds: number;
  readonly failed: number;
  /** Mean resident memory of the last third of the time, as a multiple of the middle third's. */
  readonly growthByProcess: Readonly<Record<string, number>>;
}

/** Memory of each process under steady load. */
export async function soak(target: LoadTarget, perSecond: number, seconds: number): Promise<Soak> {
  const samples: MemoryByProcess[] = [];
  const timer = setInterval(() => samples.push(memoryByProcess()), SAMPLE_INTERVAL_MS);
  try {
    const { failed } = await runOpenModel(target, perSecond, seconds);
    return { perSecond, seconds, failed, growthByProcess: growth(samples) };
  } finally {
    clearInterval(timer);
  }
}

/** @param samples at equal distances */
export function growth(samples: readonly MemoryByProcess[]): Readonly<Record<string, number>> {
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  const last = samples.slice(2 * third);
  const kinds = Object.keys(samples.at(-1) ?? {}).filter((kind) => kind !== 'generator');
  return Object.fromEntries(kinds.map((kind) => [kind, mean(last, kind) / mean(middle, kind)]));
}

const mean = (samples: readonly MemoryByProcess[], kind: string): number =>
  samples.reduce((sum, sample) => sum + (sample[kind] ?? 0), 0) / samples.length;
