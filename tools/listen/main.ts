import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, loadConfig, processEnvironment } from '@gateway/platform';
import type { DemoLogin } from './gateway';
import { LISTEN_VARIABLES } from './listen.config';
import { LocalReceiver } from './receiver';
import { Registration } from './registration';
import { StateFile } from './state-file';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** A receiver on this machine that takes the demo application's webhooks and shows each as it comes. */
async function main(): Promise<void> {
  const { dataDir, port } = loadConfig(LISTEN_VARIABLES, processEnvironment());
  const login = demoLogin(dataDir);
  const receiver = await LocalReceiver.start(port, print);
  const registration = new Registration(login, new StateFile(join(dataDir, 'listen.json')), print);
  const entering = registration.enter(receiver.url);
  endOnSignals(async () => {
    await entering.catch(() => undefined);
    await registration.leave();
    await receiver.close();
  });
  receiver.trust(await entering);
  print(
    `ready: webhooks of ${login.appId} come to ${receiver.url} (Ctrl-C puts back what was there)`,
  );
}

function demoLogin(dataDir: string): DemoLogin {
  const path = join(dataDir, 'demo.json');
  if (!existsSync(path)) {
    throw new ConfigError([`${path} is missing: start the gateway first, npm start`]);
  }
  return JSON.parse(readFileSync(path, 'utf8')) as DemoLogin;
}

/** Ctrl-C under npm arrives twice: from the terminal, and forwarded. */
function endOnSignals(end: () => Promise<void>): void {
  let isEnding = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isEnding) return;
      isEnding = true;
      end().then(() => process.exit(0), fail);
    });
  }
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? reasonOf(error) : String(error)}\n`);
  process.exit(1);
}

/** What `fetch` says of a gateway that is not there stands in its cause. */
function reasonOf({ message, cause }: Error): string {
  const isUnreachable = message === 'fetch failed' && cause instanceof Error;
  return isUnreachable ? `The gateway cannot be reached: ${cause.message}` : message;
}

main().catch(fail);
