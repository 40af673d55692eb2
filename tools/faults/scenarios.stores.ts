import { Client } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { openInstallationSeeding } from '../seed/seed-tenants';
import type { Scenario, Stage } from './scenario';
import { backAgain } from './scenarios.process';
import { between } from './seeded';

const TOP_UPS = 20;
const TOP_UP_MICRO_USD = 30_000n;

/** Rows 8, 9, 11 and 20: Postgres, Redis and money. */
export const storeScenarios: readonly Scenario[] = [
  {
    name: 'postgres-kill',
    row: 8,
    says: 'kill -9 of Postgres with all its sessions, started again',
    run: async ({ world, note, during }) => {
      await during({ target: 'postgres', says: 'kill -9 of Postgres' }, async () => {
        await world.postgres.kill();
        await world.postgres.restart();
      });
      note('Postgres is back');
      await world.reconnect();
    },
  },
  {
    name: 'postgres-gone',
    row: 8,
    says: 'Postgres is stopped for 15 s',
    run: async ({ world, during }) => {
      await during({ target: 'postgres', says: 'Postgres is stopped', isGone: true }, async () => {
        await world.postgres.stop();
        await sleep(15_000);
        await world.postgres.restart();
      });
      await world.reconnect();
    },
  },
  {
    name: 'postgres-freeze',
    row: 8,
    says: 'Postgres stands still for 15 s',
    run: async ({ world, during }) => {
      const says = 'SIGSTOP of Postgres and all its sessions';
      await during({ target: 'postgres', says, isGone: true }, async () => {
        world.postgres.freeze();
        await sleep(15_000);
        world.postgres.thaw();
      });
    },
  },
  {
    name: 'postgres-reset',
    row: 9,
    says: 'one in twenty answers of Postgres is lost with its connection, commits included',
    run: async ({ world, during }) => {
      await during({ target: 'postgres', says: 'answers are reset' }, async () => {
        for (const proxy of world.network.to('postgres')) {
          proxy.inject({ kind: 'reset-answers', share: 0.05 });
        }
        await sleep(8_000);
        world.network.restore();
      });
    },
  },
  {
    name: 'postgres-full',
    row: 9,
    says: 'every connection that Postgres has is taken, and none of the services keeps its own',
    run: exhaustConnections,
  },
  {
    name: 'redis-kill',
    row: 11,
    says: 'kill -9 of Redis, back after 5 s, empty',
    needs: 'redis',
    run: async ({ world, during }) => {
      await during({ target: 'redis', says: 'kill -9 of Redis' }, async () => {
        await world.redis?.kill();
        await sleep(5_000);
        await world.redis?.restart();
      });
    },
  },
  {
    name: 'redis-network',
    row: 11,
    says: 'Redis is silent, then slow by 2 s, then resets',
    needs: 'redis',
    run: async ({ world, during }) => {
      const proxy = world.between('rate-limiter', 'redis');
      for (const fault of [
        { kind: 'blackhole' },
        { kind: 'delay', delayMs: 2_000 },
        { kind: 'reset-answers', share: 0.5 },
      ] as const) {
        await during({ target: 'redis', says: `Redis: ${JSON.stringify(fault)}` }, async () => {
          proxy.inject(fault);
          await sleep(4_000);
          proxy.restore();
        });
      }
    },
  },
  {
    name: 'money-at-zero',
    row: 20,
    says: 'top-ups beside sends on empty wallets, while billing is killed',
    balanceMicroUsd: 10_000n,
    codes: ['BILL_001'],
    run: topUpsBesideKills,
  },
];

async function exhaustConnections({ world, note, during }: Stage): Promise<void> {
  const says = 'all connections are taken';
  await during({ target: 'postgres', says }, async () => {
    for (const proxy of world.network.to('postgres')) proxy.reset();
    const taken: Client[] = [];
    try {
      for (;;) {
        const client = new Client({ connectionString: world.postgres.url });
        client.on('error', () => undefined);
        await client.connect();
        taken.push(client);
      }
    } catch {
      note(`${taken.length} connections of the harness`); // Postgres has no more to give
    }
    await sleep(6_000);
    await Promise.all(taken.map((client) => client.end()));
  });
}

async function topUpsBesideKills({ world, random, senders, during }: Stage): Promise<void> {
  const seeding = await openInstallationSeeding(world.dataDir);
  const orgIds = senders.map(({ orgId }) => orgId);
  try {
    await during({ target: 'billing', says: 'top-ups and kills' }, async () => {
      for (let round = 1; round <= TOP_UPS; round += 1) {
        await seeding.wallets.seedWallets(orgIds, TOP_UP_MICRO_USD, `top-up ${round}`);
        await sleep(between(random, 100, 500));
        if (round % 5 !== 0) continue;
        world.signal('billing', 'SIGKILL');
        await backAgain(world, 'billing');
      }
    });
    await seeding.wallets.seedWallets(orgIds, 100_000_000n, 'the last top-up');
  } finally {
    await seeding.close();
  }
}
