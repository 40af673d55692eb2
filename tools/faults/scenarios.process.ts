import type { ServiceName } from '@gateway/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { clearMetaFaults, setMetaFault } from './meta-faults';
import type { Scenario, Stage } from './scenario';
import { between } from './seeded';

const READY_MS_MAX = 60_000;

/** Rows 1 to 3 and 22: what happens to processes. */
export const processScenarios = (services: readonly ServiceName[]): readonly Scenario[] => [
  ...services.map(kill),
  ...services.map(freeze),
  {
    name: 'stop-dispatcher',
    row: 2,
    says: 'one of two dispatchers stands still for longer than its session, and wakes as a stranger',
    run: zombie,
  },
  {
    name: 'rolling-restart',
    row: 3,
    says: 'every service is stopped by SIGTERM and comes back, one after the other',
    run: rollingRestart,
  },
  {
    name: 'starved',
    row: 22,
    says: 'little memory for the services, and an event loop that blocks',
    run: starve,
  },
];

const kill = (service: ServiceName): Scenario => ({
  name: `kill-${service}`,
  row: 1,
  says: `kill -9 of ${service}, three times at random moments`,
  run: async ({ world, random, note, during }) => {
    // A few calls are under way at each moment, so that a kill hits some.
    await setMetaFault(world.simulatorUrl, { latencyMs: 150 });
    for (let round = 1; round <= 3; round += 1) {
      await sleep(between(random, 500, 2_500));
      await during({ target: service, says: `kill -9 of ${service}` }, async () => {
        world.signal(service, 'SIGKILL');
        await backAgain(world, service);
      });
      note(`${service} is back`);
    }
    await clearMetaFaults(world.simulatorUrl);
  },
});

const FREEZE_MS = 8_000;

const freeze = (service: ServiceName): Scenario => ({
  name: `freeze-${service}`,
  row: 2,
  says: `${service} stands still for ${FREEZE_MS / 1_000} s, longer than its session`,
  run: async ({ world, during }) => {
    await during({ target: 'all', says: `SIGSTOP of ${service}` }, async () => {
      world.signal(service, 'SIGSTOP');
      await sleep(FREEZE_MS);
      world.signal(service, 'SIGCONT');
      await world.ready(READY_MS_MAX);
    });
  },
});

/** Its partitions move to the other one; when it wakes, what it held is somebody else's. */
async function zombie({ world, note, during }: Stage): Promise<void> {
  await world.add('dispatcher');
  note('two dispatchers');
  await sleep(1_000);
  await during({ target: 'dispatcher', says: 'SIGSTOP of dispatcher-0' }, async () => {
    world.signal('dispatcher', 'SIGSTOP');
    await sleep(12_000);
    world.signal('dispatcher', 'SIGCONT');
    note('SIGCONT of dispatcher-0');
    await world.ready(READY_MS_MAX);
  });
  await sleep(2_000);
}

async function rollingRestart({ world, note, during }: Stage): Promise<void> {
  for (const running of world.processes()) {
    const { pid, service } = running;
    await during({ target: service, says: `SIGTERM of ${service}` }, async () => {
      world.signal(service, 'SIGTERM');
      while (running.pid === pid) await sleep(50);
      await running.ready(READY_MS_MAX);
    });
    note(`${service} is back`);
  }
}

async function starve({ world, random, note, during }: Stage): Promise<void> {
  for (const service of ['billing', 'dispatcher', 'rate-limiter'] as const) {
    await during({ target: service, says: `${service} with 64 MB of heap` }, async () => {
      await world.replace(service, { environment: { NODE_OPTIONS: '--max-old-space-size=64' } });
    });
  }
  for (const service of ['edge', 'billing', 'dispatcher'] as const) {
    await during({ target: service, says: `the event loop of ${service} blocks` }, async () => {
      world.signal(service, 'SIGSTOP');
      await sleep(between(random, 1_000, 5_000));
      world.signal(service, 'SIGCONT');
    });
    await sleep(1_000);
  }
  note('services as they were');
  for (const service of ['billing', 'dispatcher', 'rate-limiter'] as const) {
    await during({ target: service, says: `SIGTERM of ${service}` }, () =>
      world.replace(service, {}),
    );
  }
}

/** Waits for its supervisor's next process to be ready. */
export async function backAgain(world: Stage['world'], service: ServiceName): Promise<void> {
  const [running] = world.processes(service);
  const pid = running?.pid;
  const untilMs = Date.now() + READY_MS_MAX;
  while (running?.pid === pid && Date.now() < untilMs) await sleep(20);
  await running?.ready(READY_MS_MAX);
}
