import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayProcess } from './gateway-process';

const FOLDER = join(__dirname, '../../../docs/guide');

interface Block {
  readonly shell: string;
  readonly isToFail: boolean;
}

/** The shell blocks of a guide, as a reader pastes them one after another. */
const blocksOf = (guide: string): Block[] =>
  [...guide.matchAll(/^```sh( fails)?\n(.*?)^```$/gms)].map(([, fails, shell = '']) => ({
    shell,
    isToFail: fails !== undefined,
  }));

let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await GatewayProcess.start({ profile: 'standalone' });
}, 150_000);
afterAll(() => gateway.stop());

/** The guide's addresses and files, as they are here. */
const asHere = (shell: string): string =>
  shell
    .replaceAll('http://127.0.0.1:8080', gateway.url)
    .replaceAll('http://127.0.0.1:9090', gateway.simulatorUrl)
    .replaceAll('./data/', `${gateway.dataDir}/`);

/** Every curl of it must be answered with success, or the block must say that it is not. */
function scriptOf(blocks: readonly Block[]): string {
  const steps = blocks.map(({ shell, isToFail }) =>
    isToFail
      ? `if ( set -e\n${asHere(shell)}\n ); then echo 'this should have failed' >&2; exit 1; fi`
      : asHere(shell),
  );
  return ['set -euo pipefail', 'curl() { command curl -sS --fail-with-body "$@"; }', ...steps].join(
    '\n',
  );
}

function run(script: string): Promise<{ isDone: boolean; output: string }> {
  return new Promise((resolve) => {
    execFile('bash', ['-c', script], (error, stdout, stderr) => {
      resolve({ isDone: error === null, output: stdout + stderr });
    });
  });
}

it.each(readdirSync(FOLDER))('does what docs/guide/%s says', async (file) => {
  const blocks = blocksOf(readFileSync(join(FOLDER, file), 'utf8'));
  expect(blocks.length).toBeGreaterThan(0);
  const { isDone, output } = await run(scriptOf(blocks));
  expect([isDone, output]).toEqual([true, expect.any(String)]);
});

it('notices a line that does not work', async () => {
  const wrong = { shell: 'curl http://127.0.0.1:8080/v1/nothing', isToFail: false };
  expect((await run(scriptOf([wrong]))).isDone).toBe(false);
  const right = { shell: 'curl http://127.0.0.1:8080/llms.txt', isToFail: true };
  expect((await run(scriptOf([right]))).isDone).toBe(false);
});
