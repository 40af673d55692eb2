import { SERVICES } from '@gateway/contracts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario, Stage } from './scenario';
import { backAgain } from './scenarios.process';
import { between, oneOf, type Seeded } from './seeded';

const STEPS = 8;
const BOOT_MS_MAX = 30_000;

/** Rows 21, 23 and 25: clocks, configuration, and everything at once. */
export const mixedScenarios: readonly Scenario[] = [
  {
    name: 'clocks',
    row: 21,
    says: 'the clock of each service is off by up to a second, then jumps by an hour in one',
    run: skewedClocks,
  },
  {
    name: 'bad-configuration',
    row: 23,
    says: 'a service with a missing or wrong secret refuses to start, and names the variable',
    run: badConfiguration,
  },
  {
    name: 'random',
    row: 25,
    says: 'a random schedule of kills, pauses and network faults, healed in between',
    run: randomSchedule,
  },
];

/** Node's clock alone is moved, by a module loaded before the service; the broker's and the database's are right. */
async function skewedClocks({ world, random, during }: Stage): Promise<void> {
  for (const service of ['rate-limiter', 'billing', 'dispatcher'] as const) {
    const skewMs = Math.round(between(random, -800, 800));
    await during({ target: service, says: `${service} is ${skewMs} ms off` }, () =>
      world.replace(service, { environment: skewed(skewMs) }),
    );
  }
  await sleep(4_000);
  const jumpMs = oneOf(random, [-3_600_000, 3_600_000]);
  // Past a second off the broker's clock it must not get ready.
  await during({ target: 'all', says: `the dispatcher's clock is ${jumpMs} ms off` }, async () => {
    await world.replace('dispatcher', { environment: skewed(jumpMs), isAwaited: false });
    await sleep(6_000);
  });
  for (const service of ['rate-limiter', 'billing', 'dispatcher'] as const) {
    await during({ target: 'all', says: `${service} has the right time` }, () =>
      world.replace(service, {}),
    );
  }
}

const skewed = (skewMs: number) => ({
  NODE_OPTIONS: `--require ${join(__dirname, 'clock-skew.js')}`,
  FAULTS_CLOCK_SKEW_MS: String(skewMs),
});

async function badConfiguration({ world, violated }: Stage): Promise<void> {
  for (const service of SERVICES) {
    for (const value of [undefined, 'too-short-to-be-a-key']) {
      const environment = { ...world.environmentOf(service), COMMAND_SEALING_KEY: value };
      const { exitCode, output } = await boot(service, environment);
      if (exitCode === 0 || exitCode === null) {
        violated('I11', `${service} starts with a COMMAND_SEALING_KEY of ${value ?? 'nothing'}`);
      }
      if (!output.includes('COMMAND_SEALING_KEY')) {
        violated('I11', `${service} does not name COMMAND_SEALING_KEY: ${output.slice(0, 200)}`);
      }
      if (value !== undefined && output.includes(value)) {
        violated('I12', `${service} prints the value of COMMAND_SEALING_KEY`);
      }
    }
  }
}

async function boot(
  service: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ exitCode: number | null; output: string }> {
  const main = join(__dirname, `../../apps/${service}/src/start.js`);
  const child = spawn(process.execPath, [main], { env: environment, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), BOOT_MS_MAX);
  await once(child, 'close');
  clearTimeout(timer);
  return { exitCode: child.exitCode, output };
}

/** Weighted as real life is: mostly nothing, sometimes a kill, sometimes a pause or a broken network. */
async function randomSchedule(stage: Stage): Promise<void> {
  const { random } = stage;
  for (let step = 1; step <= STEPS; step += 1) {
    const drawn = random();
    if (drawn < 0.25) await sleep(between(random, 300, 1_500));
    else if (drawn < 0.6) await killOne(stage, random);
    else if (drawn < 0.75) await pauseOne(stage, random);
    else await breakOne(stage, random);
  }
}

async function killOne({ world, during }: Stage, random: Seeded): Promise<void> {
  const service = oneOf(random, SERVICES);
  await sleep(between(random, 0, 1_000));
  await during({ target: service, says: `kill -9 of ${service}` }, async () => {
    world.signal(service, 'SIGKILL');
    await backAgain(world, service);
  });
}

async function pauseOne({ world, during }: Stage, random: Seeded): Promise<void> {
  const service = oneOf(random, SERVICES);
  await during({ target: 'all', says: `SIGSTOP of ${service}` }, async () => {
    world.signal(service, 'SIGSTOP');
    await sleep(between(random, 500, 7_000));
    world.signal(service, 'SIGCONT');
  });
}

async function breakOne({ world, during }: Stage, random: Seeded): Promise<void> {
  const [service, far] = oneOf(random, [
    ['edge', 'kafka'],
    ['rate-limiter', 'kafka'],
    ['billing', 'kafka'],
    ['dispatcher', 'kafka'],
    ['billing', 'postgres'],
    ['dispatcher', 'postgres'],
    ['auth', 'postgres'],
    ['webhooks', 'kafka'],
    ['webhooks', 'postgres'],
    ['webhooks', 'customers'],
    ['dispatcher', 'meta'],
  ] as const);
  const fault = oneOf(random, [
    { kind: 'blackhole' },
    { kind: 'refuse' },
    { kind: 'delay', delayMs: 100 },
    { kind: 'reset-answers', share: 0.2 },
  ] as const);
  const says = `${service} and ${far}: ${JSON.stringify(fault)}`;
  await during({ target: 'all', says }, async () => {
    const proxy = world.between(service, far);
    proxy.inject(fault);
    await sleep(between(random, 500, 4_000));
    proxy.restore();
  });
}
