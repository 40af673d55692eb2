import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startGateway } from './gateway';

/**
 * Holds the running gateway against its own document: schemathesis makes requests from `/docs-json`, good and bad, and
 * every answer must be one that the document names.
 *
 *     npm run fuzz:api -- --seconds 300 [--seed 1]
 */

const SCHEMATHESIS = 'schemathesis==4.32.5';
const VENV = resolve('.cache/schemathesis');
/** Python 3.11 mixes the recursion depths of threads that parse source, which schemathesis does for what it reports. */
const WORKERS = '1';
/** What it looks for: an honest status, and the form of each answer. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'missing_required_header',
  'ignored_auth',
].join(',');
/** They end the session that the run itself uses. */
const ENDS_SESSIONS = '/auth/(logout|password|refresh|organizations)';

async function main(): Promise<void> {
  const { seconds, seed } = parseArgs({
    options: {
      seconds: { type: 'string', default: '300' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  }).values;
  console.log(`seed ${seed}`);
  install();
  const gateway = await startGateway();
  try {
    const each = String(Math.ceil(Number(seconds) / 3));
    const runs = [
      ['with an API key', gateway.apiKey, ['--include-path-regex', '^/v1/']],
      [
        'as a signed-in owner',
        gateway.accessToken,
        ['--include-path-regex', '^/api/v1/', '--exclude-path-regex', ENDS_SESSIONS],
      ],
      ['as nobody', 'none', []],
    ] as const;
    const failed: string[] = [];
    for (const [name, token, filters] of runs) {
      console.log(`\n=== ${name}, ${each} s`);
      if (!(await fuzz(gateway.url, token, filters, each, seed))) failed.push(name);
    }
    if (failed.length > 0) {
      console.error(`differs from the document: ${failed.join(', ')}`);
      process.exitCode = 1;
    }
  } finally {
    await gateway.stop();
  }
}

/** Into a virtual environment of its own, once. */
function install(): void {
  if (existsSync(join(VENV, 'bin/schemathesis'))) return;
  console.log(`installing ${SCHEMATHESIS}`);
  run('python3', ['-m', 'venv', VENV]);
  run(join(VENV, 'bin/pip'), ['install', '--quiet', SCHEMATHESIS]);
}

function run(command: string, parameters: readonly string[]): void {
  const { status, error } = spawnSync(command, parameters, { stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${String(status)}`);
}

async function fuzz(
  url: string,
  token: string,
  filters: readonly string[],
  seconds: string,
  seed: string,
): Promise<boolean> {
  const child = spawn(
    join(VENV, 'bin/schemathesis'),
    [
      ...['run', `${url}/docs-json`, '--url', url, '--header', `Authorization: Bearer ${token}`],
      ...['--checks', CHECKS, '--max-time', seconds, '--seed', seed, '--workers', WORKERS],
      ...['--continue-on-failure', '--request-timeout', '30', '--warnings', 'off', ...filters],
    ],
    // What it keeps for the next run belongs beside it.
    { stdio: 'inherit', cwd: VENV },
  );
  return new Promise((settle, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      settle(code === 0);
    });
  });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
