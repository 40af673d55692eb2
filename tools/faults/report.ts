import { cpus } from 'node:os';
import { INVARIANTS, type Invariant } from './invariants';
import { WEBHOOK_INVARIANTS } from './webhook-invariants';
import type { PlantedResult, Results } from './results-file';
import type { Result } from './run-scenario';

const seconds = (ms: number | null): string => (ms === null ? 'never' : (ms / 1_000).toFixed(1));

const answersOf = ({ answers }: Result): string =>
  Object.entries(answers)
    .sort(([, one], [, other]) => other - one)
    .map(([code, count]) => `${code}: ${count}`)
    .join(', ');

const brokenOf = ({ violations }: Result): string => {
  if (violations.length === 0) return '0';
  const ids = [...new Set(violations.map(({ invariant }) => invariant))];
  return `${violations.length} (${ids.join(', ')})`;
};

/** One line for each run. */
export function resultTable(results: readonly Result[]): string {
  return table(
    ['row', 'scenario', 'seed', 'answers', 'back after s', 'took s', 'violations'],
    results.map((result) => [
      String(result.scenario.row),
      result.scenario.name,
      String(result.seed),
      answersOf(result),
      seconds(result.recoveryMs),
      seconds(result.durationMs),
      brokenOf(result),
    ]),
  );
}

export const plantedTable = (results: readonly PlantedResult[]): string =>
  table(
    ['planted bug', 'what it does', 'must break', 'broke', 'caught'],
    results.map(({ bug, says, breaks, found, isCaught }) => [
      bug,
      says,
      breaks,
      found.join(', ') || 'nothing',
      isCaught ? 'yes' : 'NO',
    ]),
  );

const figureTable = (results: readonly Result[]): string =>
  table(
    ['scenario', 'seed', 'measured', 'ms', 'at most'],
    results.flatMap(({ scenario, seed, figures }) =>
      figures.map(({ name, ms, limitMs }) => [
        scenario.name,
        String(seed),
        name,
        String(ms),
        String(limitMs),
      ]),
    ),
  );

const timelineOf = ({ timeline }: Result): string => `\`\`\`\n${timeline.join('\n')}\n\`\`\``;

const numberOf = ({ id }: Invariant): number => Number(id.slice(1));

/** `docs/reliability.md`. */
export function reliabilityPage({ results: unsorted, planted }: Results): string {
  const results = [...unsorted].sort((one, other) => one.scenario.row - other.scenario.row);
  const invariants = [...INVARIANTS, ...WEBHOOK_INVARIANTS].sort(
    (one, other) => numberOf(one) - numberOf(other),
  );
  const promises = invariants.map(({ id, says }) => `- **${id}** ${says}.`);
  return `# Reliability

Written by \`npm run faults -- <scenarios> --results <file> --docs\`, from one call or several; of each scenario the newest run stands here, whatever it found. It runs a process for each service, a real Apache Kafka, Postgres and Redis, the Meta simulator, and a proxy on every connection between them, and the customers' servers. Each scenario offers load at fixed moments, injects its fault, heals it, waits until everything has ended and then joins four records: what the clients saw (a synced file), what Meta accepted and told, what the customers' servers got, and the database. The sum of every wallet is looked at each half second meanwhile.

Machine: ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}. A scenario's moments and victims follow from its seed: \`npm run faults -- <scenario> --seed <seed>\`.

## What is checked

${promises.join('\n')}
- **I10** Messages flow within 30 s after the heal, with no hand, and every process is ready.
- **I11** What is refused once a part is known to be gone is refused within 2 s, but for the one request a second by which a breaker learns that the path is back; with an idempotency key within the message's time, as its answer may have to be replayed.
- **I12** No key, token or full phone number is in any log.

## Scenarios

${resultTable(results)}

## Recovery times

${figureTable(results)}
${planted.length === 0 ? '' : `\n## Planted bugs\n\nA harness that finds nothing may be blind: each of these bugs is put into a service, and its scenario must report the promise that it breaks.\n\n${plantedTable(planted)}\n`}
## Timelines

${results.map(timelineOf).join('\n\n')}
`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
