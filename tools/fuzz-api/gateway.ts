import { freePort } from '@gateway/platform';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunningGateway {
  readonly url: string;
  readonly apiKey: string;
  /** Of the demo owner; lives 15 minutes. */
  readonly accessToken: string;
  stop(): Promise<void>;
}

const READY = 'Ctrl-C stops everything';

/** The standalone with a data folder of its own, which goes with it. */
export async function startGateway(): Promise<RunningGateway> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gateway-fuzz-'));
  chmodSync(dataDir, 0o755); // Postgres under root runs as another user
  const [http, health, simulator] = [await freePort(), await freePort(), await freePort()];
  const child = spawn(process.execPath, [join(__dirname, '../../apps/standalone/src/main.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      EDGE_HTTP_PORT: String(http),
      HEALTH_PORT: String(health),
      SIMULATOR_PORT: String(simulator),
      LOG_LEVEL: 'error',
    },
  });
  await printed(child);
  const demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as Demo;
  return {
    url: demo.url,
    apiKey: demo.productionKey,
    accessToken: await signIn(demo),
    stop: async () => {
      child.kill('SIGINT');
      await once(child, 'exit');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

interface Demo {
  readonly url: string;
  readonly productionKey: string;
  readonly email: string;
  readonly password: string;
}

async function signIn({ url, email, password }: Demo): Promise<string> {
  const answer = await fetch(`${url}/api/v1/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-client-type': 'native' },
    body: JSON.stringify({ email, password }),
  });
  const { data } = (await answer.json()) as { data: { accessToken: string } };
  return data.accessToken;
}

async function printed(child: ChildProcess): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      if (output.includes(READY)) resolve();
    });
    child.once('exit', () => {
      reject(new Error(`the gateway ended at its start:\n${output}`));
    });
  });
}
