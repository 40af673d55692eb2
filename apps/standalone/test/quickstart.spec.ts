import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { processEnvironment } from '@gateway/platform';
import { GatewayProcess } from './gateway-process';

const SCRIPT = join(__dirname, '../../../docs/quickstart.sh');

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await GatewayProcess.start({ profile: 'standalone' });
}, 150_000);
afterAll(() => gateway.stop(), 60_000);

jest.setTimeout(180_000);

function quickstart(addresses: { simulatorUrl?: string } = {}): Promise<Outcome> {
  const env = {
    PATH: processEnvironment().PATH,
    GATEWAY_URL: gateway.url,
    SIMULATOR_URL: addresses.simulatorUrl ?? gateway.simulatorUrl,
  };
  return new Promise((resolve) => {
    const child = execFile('bash', [SCRIPT], { env }, (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? -1, output: stdout + stderr });
    });
  });
}

it('takes a stranger from the registration to a delivered message and a revoked key, by API alone', async () => {
  const { exitCode, output } = await quickstart();
  expect([exitCode, output]).toEqual([0, expect.stringContaining('All five steps work.')]);
});

it('works a second time beside the first newcomer', async () => {
  const { exitCode, output } = await quickstart();
  expect([exitCode, output]).toEqual([0, expect.stringContaining('delivered: wamid.')]);
});

it('fails at the step that does not work, and says what was answered', async () => {
  const { exitCode, output } = await quickstart({ simulatorUrl: gateway.url });
  expect([exitCode, output]).toEqual([22, expect.stringContaining('== 3.')]);
  expect(output).toContain('FAILED: {"isSuccess":false,"errors":{"code":"GW_');
  expect(output).not.toContain('== 4.');
});
