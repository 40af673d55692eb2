import type { ServiceName } from '@gateway/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { duplicateEverything, produceGarbage } from './records';
import type { Scenario } from './scenario';
import { between, oneOf } from './seeded';

const PATH: readonly ServiceName[] = ['edge', 'rate-limiter', 'billing', 'dispatcher'];

/** Rows 4 to 7: Kafka, and what comes out of it. */
export const kafkaScenarios: readonly Scenario[] = [
  {
    name: 'kafka-kill',
    row: 4,
    says: 'kill -9 of Kafka, started again at once',
    run: async ({ world, note, during }) => {
      await during({ target: 'kafka', says: 'kill -9 of Kafka' }, async () => {
        await world.kafka.kill();
        await world.kafka.start();
      });
      note('Kafka answers again');
    },
  },
  {
    name: 'kafka-gone',
    row: 4,
    says: 'Kafka is stopped for 25 s',
    run: async ({ world, during }) => {
      await during({ target: 'kafka', says: 'Kafka is stopped', isGone: true }, async () => {
        await world.kafka.stop();
        await sleep(25_000);
        await world.kafka.start();
      });
    },
  },
  {
    name: 'kafka-freeze',
    row: 4,
    says: 'Kafka stands still for 20 s',
    run: async ({ world, during }) => {
      await during({ target: 'kafka', says: 'SIGSTOP of Kafka', isGone: true }, async () => {
        world.kafka.signal('SIGSTOP');
        await sleep(20_000);
        world.kafka.signal('SIGCONT');
      });
    },
  },
  {
    name: 'kafka-partition',
    row: 5,
    says: 'each service in turn is cut off from Kafka: both ways, its requests, its answers, resets',
    run: async ({ world, random, during }) => {
      for (const service of PATH) {
        const fault = oneOf(random, [
          { kind: 'blackhole' },
          { kind: 'blackhole', direction: 'requests' },
          { kind: 'blackhole', direction: 'answers' },
          { kind: 'refuse' },
          { kind: 'reset-answers', share: 0.3 },
        ] as const);
        const says = `${service} and Kafka: ${JSON.stringify(fault)}`;
        await during({ target: 'kafka', says }, async () => {
          const proxy = world.between(service, 'kafka');
          proxy.inject(fault);
          await sleep(between(random, 3_000, 9_000));
          proxy.restore();
        });
        await sleep(2_000);
      }
    },
  },
  {
    name: 'kafka-slow',
    row: 5,
    says: 'every connection to Kafka is slow, then narrow',
    run: async ({ world, during }) => {
      await during({ target: 'kafka', says: '50 ms more for every chunk' }, async () => {
        for (const proxy of world.network.to('kafka')) {
          proxy.inject({ kind: 'delay', delayMs: 50 });
        }
        await sleep(5_000);
      });
      await during({ target: 'kafka', says: '64 KB/s for every connection' }, async () => {
        for (const proxy of world.network.to('kafka')) {
          proxy.inject({ kind: 'throttle', bytesPerSecond: 65_536 });
        }
        await sleep(5_000);
        world.network.restore();
      });
    },
  },
  {
    name: 'rebalance-storm',
    row: 6,
    says: 'dispatchers and billings come and go every 3 s',
    run: async ({ world, note, during }) => {
      await during({ target: 'all', says: 'processes come and go' }, async () => {
        for (let round = 1; round <= 3; round += 1) {
          await Promise.all([world.add('dispatcher'), world.add('billing')]);
          note('one more dispatcher and billing');
          await sleep(3_000);
          await world.removeAdded();
          note('and gone again');
        }
      });
    },
  },
  {
    name: 'redelivery',
    row: 6,
    says: 'every record of the path comes a second time',
    run: async ({ world, note, during }) => {
      await sleep(2_000);
      await during({ target: 'none', says: 'copies of every record' }, async () => {
        const copied = await duplicateEverything(world.kafka.address, [
          'message.submitted.v1',
          'message.admitted.v1',
          'message.funded.v1',
          'message.settled.v1',
        ]);
        note(`${copied} copies`);
      });
    },
  },
  {
    name: 'poison',
    row: 7,
    says: 'records that nobody can read, among those that are read',
    run: async ({ world, random, note, during }) => {
      await during({ target: 'none', says: 'poison on every topic of the path' }, async () => {
        for (let round = 1; round <= 5; round += 1) {
          note(`${await produceGarbage(world.kafka.address, random)} records`);
          await sleep(500);
        }
      });
    },
  },
];
