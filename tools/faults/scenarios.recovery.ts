import { SERVICES, type ServiceName } from '@gateway/contracts';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { longestStallMs } from './answers';
import type { Scenario, Stage } from './scenario';
import { backAgain } from './scenarios.process';

const STAGES = ['rate-limiter', 'billing', 'dispatcher'] as const satisfies ServiceName[];
const PER_SECOND = 80;
/** Enough that each of two instances has partitions of some. */
const SENDERS = 8;
const CALM_MS = 3_000;
const READY_MS_MAX = 60_000;
const OPEN_MS_MAX = 60_000;

/** What is promised of each way back. */
const RESTARTED_MS_MAX = 1_000;
const FAILED_OVER_MS_MAX = 7_000;
const BROKER_MS_MAX = 1_000;

/** Rows 1, 3 and 4 again, with how long each takes, and with two instances of everything. */
export const recoveryScenarios: readonly Scenario[] = [
  {
    name: 'stage-restarted',
    row: 1,
    says: 'a stage is killed and started again: the path stalls for at most 1 s',
    perSecond: PER_SECOND,
    senders: SENDERS,
    run: async (stage) => {
      for (const service of STAGES) await restarted(stage, service);
    },
  },
  {
    name: 'stage-lost',
    row: 1,
    says: 'one of two instances of a stage is killed for good: the path stalls for at most 7 s',
    perSecond: PER_SECOND,
    senders: SENDERS,
    doubled: STAGES,
    run: async (stage) => {
      for (const service of STAGES) await lost(stage, service);
    },
  },
  {
    name: 'kafka-back',
    row: 4,
    says: 'Kafka is killed and started again: messages flow within 1 s once its port is open',
    perSecond: PER_SECOND,
    senders: SENDERS,
    run: brokerBack,
  },
  {
    name: 'two-of-each',
    row: 3,
    says: 'two instances of every service are stopped and started under load, then killed: nobody notices the former',
    doubled: SERVICES,
    run: twoOfEach,
  },
];

async function restarted({ world, load, measured, during }: Stage, service: ServiceName) {
  await sleep(CALM_MS);
  const fromMs = Date.now();
  await during({ target: service, says: `kill -9 of ${service}` }, async () => {
    world.signal(service, 'SIGKILL');
    await backAgain(world, service);
    await sleep(CALM_MS);
  });
  const stallMs = longestStallMs(load.ended, fromMs, Date.now());
  measured(`stall after a kill of ${service}`, stallMs, RESTARTED_MS_MAX);
}

async function lost({ world, load, measured, during }: Stage, service: ServiceName) {
  await sleep(CALM_MS);
  const [first] = world.processes(service);
  const fromMs = Date.now();
  await during({ target: service, says: `kill -9 of ${service}-0, for good` }, async () => {
    await first?.stop('SIGKILL');
    await sleep(FAILED_OVER_MS_MAX + CALM_MS);
  });
  const stallMs = longestStallMs(load.ended, fromMs, Date.now());
  measured(`stall after the loss of one of two ${service}`, stallMs, FAILED_OVER_MS_MAX);
  first?.start();
  await first?.ready(READY_MS_MAX);
}

async function brokerBack({ world, load, measured, violated, during }: Stage): Promise<void> {
  await sleep(CALM_MS);
  let openedAtMs = 0;
  let firstAtMs: number | undefined;
  await during({ target: 'kafka', says: 'kill -9 of Kafka' }, async () => {
    await world.kafka.kill();
    await world.kafka.launch();
    const untilMs = Date.now() + OPEN_MS_MAX;
    while (!(await isOpen(world.kafka.port)) && Date.now() < untilMs) await sleep(10);
    openedAtMs = Date.now();
    await sleep(CALM_MS);
    firstAtMs = load.ended.find(
      ({ kind, endedAtMs }) => kind === 'ok' && endedAtMs >= openedAtMs,
    )?.endedAtMs;
    await world.kafka.answers();
  });
  if (firstAtMs === undefined) violated('I10', `no message ${CALM_MS} ms after the port was open`);
  else
    measured("from Kafka's open port to the first message", firstAtMs - openedAtMs, BROKER_MS_MAX);
}

/** A client that watches readiness gets nothing but 200 while instances are stopped in order. */
async function twoOfEach({ world, load, note, during, violated }: Stage): Promise<void> {
  const before = load.ended.length;
  await during({ target: 'none', says: 'instances are stopped in order' }, async () => {
    for (const service of SERVICES) {
      for (const running of world.processes(service)) {
        await running.stop();
        await sleep(500);
        running.start();
        await running.ready(READY_MS_MAX);
      }
      note(`both instances of ${service} were away`);
    }
  });
  const others = load.ended.slice(before).filter(({ kind }) => kind !== 'ok');
  for (const { marker, code } of others.slice(0, 5)) {
    violated('I10', `${marker} was answered ${code} while instances were stopped in order`);
  }
  for (const service of SERVICES) {
    await during({ target: service, says: `kill -9 of one ${service}` }, async () => {
      world.signal(service, 'SIGKILL');
      await backAgain(world, service);
    });
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
