import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Shapes of what nobody may read in a log. */
const SHAPES = [/[ps]k_[0-9A-Za-z]{20,}/, /EAA\w{6,}/, /wamid\.\w{8,}/, /Bearer [^*\s"]/];

/** I12: secrets, keys and full phone numbers in the logs of the services. */
export function leaksIn(logDir: string, canaries: readonly string[]): string[] {
  const leaks: string[] = [];
  for (const name of readdirSync(logDir)) {
    const text = readFileSync(join(logDir, name), 'utf8');
    for (const shape of SHAPES) {
      if (shape.test(text)) leaks.push(`${name} has something like ${shape.source}`);
    }
    for (const canary of canaries) {
      if (text.includes(canary)) leaks.push(`${name} has ...${canary.slice(-4)} in full`);
    }
  }
  return leaks;
}
