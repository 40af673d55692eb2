import { createLogger, endOnSignals, isProduction } from '@gateway/platform';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { canLimit } from './limits';
import { PLANTED_BUGS, type PlantedBug } from './planted-bugs';
import { plantedTable, reliabilityPage, resultTable } from './report';
import { addToFile, type PlantedResult, type Results } from './results-file';
import { runScenario, type Result, type RunOptions } from './run-scenario';
import type { Scenario } from './scenario';
import { SCENARIOS, SMOKE } from './scenarios';
import { World } from './world';

const SEED_MAX = 1_000_000;

const HELP = `npm run faults -- <names | all | smoke | planted | random> [options]

  --seed S        the moments and victims of every scenario; a new one unless given
  --runs N        how often each scenario runs, with the seeds S, S + 1, ...
  --patience F    multiplies every limit of time, for a busy machine
  --data DIR      everything that is written, logs and oplogs included
  --results FILE  adds the results to this file, so that several calls make one report
  --docs          writes the results to docs/reliability.md
  --list          the scenarios`;

/** Real processes under faults; ends with 1 when a promise was broken. */
async function main(): Promise<boolean> {
  if (isProduction()) throw new Error('the fault harness does not run in production');
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      runs: { type: 'string', default: '1' },
      patience: { type: 'string', default: '1' },
      data: { type: 'string' },
      results: { type: 'string' },
      docs: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list || positionals.length === 0) {
    console.log(values.list ? SCENARIOS.map(lineOf).join('\n') : HELP);
    return true;
  }
  const seed = Number(values.seed ?? Math.floor(Math.random() * SEED_MAX));
  const dataDir = resolve(values.data ?? `data/faults/${Date.now().toString(36)}`);
  mkdirSync(dataDir, { recursive: true });
  console.log(`seed ${seed}, data in ${dataDir}`);
  const world = await World.start({ dataDir, seed });
  endOnSignals(createLogger({ service: 'faults', level: 'warn' }), async () => {
    await world.stop();
    return true;
  });
  const options = { seed, patience: Number(values.patience), print: console.log };
  try {
    const file = values.results ?? join(dataDir, 'results.json');
    // After each: a run of hours that breaks off has told what it found.
    const keep = (fresh: Partial<Results>): Results =>
      addToFile(file, { results: [], planted: [], ...fresh });
    const planted = positionals.includes('planted') ? await runPlanted(world, options) : [];
    keep({ planted });
    const results = await runAll(world, chosen(positionals), Number(values.runs), {
      ...options,
      onResult: (result) => keep({ results: [result] }),
    });
    if (values.docs) writeFileSync('docs/reliability.md', reliabilityPage(keep({})));
    return report(results, planted, seed);
  } finally {
    await world.stop();
  }
}

/** Prints what came out; true when every promise was kept and every planted bug was found. */
function report(
  results: readonly Result[],
  planted: readonly PlantedResult[],
  seed: number,
): boolean {
  if (results.length > 0) console.log(`\n${resultTable(results)}`);
  if (planted.length > 0) console.log(`\n${plantedTable(planted)}`);
  const isKept = results.every(({ violations }) => violations.length === 0);
  const isCaught = planted.every((each) => each.isCaught);
  if (!isCaught) console.log('\na planted bug was not caught');
  console.log(isKept ? '\n0 violations' : `\nviolations; again with: --seed ${seed}`);
  return isKept && isCaught;
}

const hasOf = (world: World): Readonly<Record<NonNullable<Scenario['needs']>, boolean>> => ({
  redis: world.redis !== null,
  prlimit: canLimit(),
});

async function runAll(
  world: World,
  scenarios: readonly Scenario[],
  runs: number,
  { onResult, ...options }: RunOptions & { readonly onResult: (result: Result) => void },
): Promise<Result[]> {
  const results: Result[] = [];
  for (let run = 0; run < runs; run += 1) {
    for (const scenario of scenarios) {
      if (scenario.needs !== undefined && !hasOf(world)[scenario.needs]) {
        console.log(`\nskipped: ${scenario.name} needs ${scenario.needs}`);
        continue;
      }
      console.log('');
      const seed = options.seed + run;
      const result = await runScenario(world, scenario, { ...options, seed });
      onResult(result);
      results.push(result);
    }
  }
  return results;
}

/** Each bug in the place of the right service, in the scenario that must bring it to light. */
async function runPlanted(world: World, options: RunOptions): Promise<PlantedResult[]> {
  const results: PlantedResult[] = [];
  for (const [bug, planted] of Object.entries(PLANTED_BUGS)) {
    console.log(`\nplanted: ${planted.says}`);
    await world.replace(planted.service, { bug: bug as PlantedBug });
    const result = await runScenario(world, scenarioOf(planted.scenario), options);
    await world.replace(planted.service, {});
    const found = [...new Set(result.violations.map(({ invariant }) => invariant))].sort();
    results.push({ bug, ...planted, found, isCaught: found.includes(planted.breaks) });
  }
  return results;
}

function chosen(names: readonly string[]): readonly Scenario[] {
  if (names.includes('all')) return SCENARIOS;
  const wanted = names.flatMap((name) => (name === 'smoke' ? SMOKE : [name]));
  return wanted.filter((name) => name !== 'planted').map(scenarioOf);
}

function scenarioOf(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (!found) throw new Error(`no scenario ${name}; npm run faults -- --list`);
  return found;
}

const lineOf = ({ row, name, says }: Scenario): string =>
  `${String(row).padStart(2)}  ${name.padEnd(26)} ${says}`;

main().then(
  (isGood) => process.exit(isGood ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
