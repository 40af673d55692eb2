import { cpus } from 'node:os';
import { INVARIANTS, type Invariant } from './invariants';
import { WEBHOOK_INVARIANTS } from './webhook-invariants';
import type { PlantedResult, Results } from './results-file';
import type { Result } from './run-scenario';

const seconds = (ms: number | null): string => (ms === null ? 'never' : (ms / 1_000).toFixed(1));

const answersOf = (runs: readonly Result[]): string => {
  const counts = new Map<string, number>();
  for (const [code, count] of runs.flatMap(({ answers }) => Object.entries(answers))) {
    counts.set(code, (counts.get(code) ?? 0) + count);
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([code, count]) => `${code}: ${count}`)
    .join(', ');
};

const brokenOf = (runs: readonly Result[]): string => {
  const violations = runs.flatMap((run) => run.violations);
  if (violations.length === 0) return '0';
  const ids = [...new Set(violations.map(({ invariant }) => invariant))];
  return `${violations.length} (${ids.join(', ')})`;
};

const seedsOf = (runs: readonly Result[]): string => {
  const seeds = runs.map(({ seed }) => seed);
  const [least, most] = [Math.min(...seeds), Math.max(...seeds)];
  return runs.length === 1 ? String(least) : `${runs.length} of ${least} to ${most}`;
};

/** The runs of each scenario, in the order of the first. */
function byScenario(results: readonly Result[]): [Result, ...Result[]][] {
  const groups = new Map<string, [Result, ...Result[]]>();
  for (const result of results) {
    const group = groups.get(result.scenario.name);
    if (group) group.push(result);
    else groups.set(result.scenario.name, [result]);
  }
  return [...groups.values()];
}

/** Of several runs the one that took longest to come back; one that never did before all. */
const slowestOf = (runs: [Result, ...Result[]]): Result =>
  runs.reduce((one, other) =>
    (other.recoveryMs ?? Infinity) > (one.recoveryMs ?? Infinity) ? other : one,
  );

/** One line for each scenario: of several runs the sums, and the slowest way back. */
export function resultTable(results: readonly Result[]): string {
  return table(
    ['row', 'scenario', 'seed', 'answers', 'back after s', 'took s', 'violations'],
    byScenario(results).map((runs) => [
      String(runs[0].scenario.row),
      runs[0].scenario.name,
      seedsOf(runs),
      answersOf(runs),
      seconds(slowestOf(runs).recoveryMs),
      seconds(runs.reduce((sum, { durationMs }) => sum + durationMs, 0)),
      brokenOf(runs),
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

/** Of several runs those that broke a promise, else the slowest. */
const shownOf = (runs: [Result, ...Result[]]): readonly Result[] => {
  const broken = runs.filter(({ violations }) => violations.length > 0);
  return broken.length > 0 ? broken : [slowestOf(runs)];
};

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

Written by \`npm run faults -- <scenarios> --results <file> --docs\`, from one call or several; of each scenario the newest run of each seed stands here, whatever it found. It runs a process for each service, a real Apache Kafka, Postgres and Redis, the Meta simulator, and a proxy on every connection between them, and the customers' servers. Each scenario offers load at fixed moments, injects its fault, heals it, waits until everything has ended and then joins four records: what the clients saw (a synced file), what Meta accepted and told, what the customers' servers got, and the database. The sum of every wallet is looked at each half second meanwhile.

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

${byScenario(results).flatMap(shownOf).map(timelineOf).join('\n\n')}
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
