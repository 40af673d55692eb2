import { processEnvironment } from '@gateway/platform';
import { fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/** What a customer connects: a phone number of the simulator's with its account and token. */
export interface SimulatedPhoneNumber {
  readonly phoneNumberId: string;
  readonly wabaId: string;
  readonly accessToken: string;
}

/** The simulator as a process of its own: it stands for Meta, which does not die with the gateway. */
export interface SimulatorProcess {
  readonly url: string;
  /** A number that nobody has connected yet. */
  readonly freePhoneNumber: SimulatedPhoneNumber;
  stop(): Promise<void>;
}

interface SimulatorOptions {
  readonly port: number;
  /** The gateway's route for Meta's webhooks. */
  readonly webhookUrl: string;
  /** Signs webhooks, as the gateway expects it. */
  readonly appSecret: string;
  /** The number of the demo application. */
  readonly demoNumber: { readonly phoneNumberId: string; readonly wabaId: string };
}

/** How often a simulator is told that somebody still uses it; without that it ends by itself after a minute. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Takes over a simulator that a killed gateway left on this port, with its ledger of what it accepted, or starts one;
 * either way it is told where this gateway is and how it expects webhooks to be signed.
 */
export async function startSimulatorProcess(options: SimulatorOptions): Promise<SimulatorProcess> {
  const { port, webhookUrl, appSecret, demoNumber } = options;
  const url = `http://127.0.0.1:${port}`;
  if (!(await keepAlive(url))) await spawnSimulator(port);
  const control = `${url}/_simulator`;
  await call('PUT', `${control}/webhooks/settings`, { url: webhookUrl, appSecret });
  await call('POST', `${control}/phone-numbers`, demoNumber);
  const free = await call('POST', `${control}/phone-numbers/free`, {});
  const timer = setInterval(() => void keepAlive(url), KEEP_ALIVE_MS);
  return {
    url,
    freePhoneNumber: (await free.json()) as SimulatedPhoneNumber,
    stop: async () => {
      clearInterval(timer);
      await signal(url, 'stop');
    },
  };
}

async function call(method: string, url: string, body: object): Promise<Response> {
  const response = await fetch(url, {
    method,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`The Meta simulator answers ${response.status} to ${url}`);
  return response;
}

function spawnSimulator(port: number): Promise<void> {
  const main = join(__dirname, '../../meta-simulator/src/main.js');
  const child = fork(main, {
    env: {
      ...processEnvironment(),
      LOG_LEVEL: 'warn',
      SIMULATOR_PORT: String(port),
      SIMULATOR_LINGER_MS: String(6 * KEEP_ALIVE_MS),
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    // Its own process group: Ctrl-C reaches the gateway, which ends the simulator after its last call.
    detached: true,
  });
  // What it prints is for the terminal; the gateway does not live for it.
  child.stdout?.on('data', (chunk: Buffer) => process.stdout.write(chunk));
  (child.stdout as Socket | null)?.unref();
  return new Promise((resolve, reject) => {
    child.once('message', () => {
      child.disconnect();
      child.unref();
      resolve();
    });
    child.once('exit', (code) => {
      reject(new Error(`The Meta simulator ended with ${String(code)}; is port ${port} taken?`));
    });
  });
}

const keepAlive = (url: string): Promise<boolean> => signal(url, 'keep-alive');

/** Nobody there, or somebody else, is an answer too: false. */
async function signal(url: string, action: 'keep-alive' | 'stop'): Promise<boolean> {
  try {
    const response = await fetch(`${url}/_simulator/${action}`, {
      method: 'POST',
      signal: AbortSignal.timeout(1_000),
    });
    return response.ok;
  } catch {
    return false;
  }
}
