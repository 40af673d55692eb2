import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Result } from './run-scenario';

export interface PlantedResult {
  readonly bug: string;
  readonly says: string;
  readonly breaks: string;
  /** The invariants that were reported broken. */
  readonly found: readonly string[];
  readonly isCaught: boolean;
}

/** What came out of one call, or of several that kept their results in one file. */
export interface Results {
  readonly results: readonly Result[];
  readonly planted: readonly PlantedResult[];
}

/** Adds the results to those in the file, in place of what the same scenario and seed, or the same bug, had there. */
export function addToFile(path: string, { results, planted }: Results): Results {
  const before = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Results)
    : { results: [], planted: [] };
  const all = {
    results: replaced(before.results, results, ({ scenario, seed }) => `${scenario.name} ${seed}`),
    planted: replaced(before.planted, planted, ({ bug }) => bug),
  };
  writeFileSync(path, JSON.stringify(all, null, 1));
  return all;
}

function replaced<T>(old: readonly T[], fresh: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map([...old, ...fresh].map((item) => [keyOf(item), item])).values()];
}
