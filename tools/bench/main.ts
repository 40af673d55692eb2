import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createLogger, endOnSignals } from '@gateway/platform';
import { BenchStage } from './bench-stage';
import { writeDocuments } from './documents';
import { markdown } from './markdown';
import type { Report } from './report';
import { SCENARIOS, runScenarios, type Scenario } from './run';

/** Without `--quick` all of them, within two hours. */
const QUICK: readonly Scenario[] = ['profiles', 'idle', 'half'];

/**
 * `npm run bench [-- SCENARIO...] [--quick] [--json FILE] [--results FILE] [--docs]`: standalone and cluster beside the
 * baseline P, and what else is named: profiles, idle, half, webhooks, webhooks-standalone, tenants, hot, logins, stock,
 * soak, stored. With `--results` several calls make one report.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      results: { type: 'string' },
      docs: { type: 'boolean', default: false },
      rows: { type: 'string', default: '10000000' },
      'soak-seconds': { type: 'string', default: '600' },
    },
  });
  const named = positionals.map(scenarioOf);
  const all = values.quick ? QUICK : SCENARIOS;
  const stage = await BenchStage.open();
  endOnSignals(createLogger({ service: 'bench', level: 'warn' }), async () => {
    await stage.close();
    return true;
  });
  try {
    const measured = await runScenarios(stage, new Set(named.length > 0 ? named : all), {
      isQuick: values.quick,
      storedRows: Number(values.rows),
      soakSeconds: Number(values['soak-seconds']),
    });
    const report = values.results === undefined ? measured : addToFile(values.results, measured);
    console.log(`\n${markdown(report)}\n`);
    if (values.json !== undefined) {
      writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
    }
    if (values.docs) writeDocuments(report);
  } finally {
    await stage.close();
  }
}

/** What the file holds of other scenarios, together with what was measured now. */
function addToFile(file: string, measured: Report): Report {
  const earlier = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined;
  const report: Report = { ...earlier, ...measured };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  return report;
}

function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((each) => each === name);
  if (!scenario) throw new Error(`${name} is none of ${SCENARIOS.join(', ')}`);
  return scenario;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
