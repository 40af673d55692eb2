import { Client } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { limitFileBytes, limitFiles, openFiles } from './limits';
import type { Scenario, Stage } from './scenario';

const FULL_MS = 10_000;
const LOCKED_MS = 4_000;
const STARVED_MS = 4_000;
/** Below what a segment of Postgres' log holds: its next records do not fit. */
const FILE_BYTES_MAX = 65_536;
const STARVED = ['edge', 'billing', 'dispatcher', 'webhooks'] as const;

/** Rows 9, 10 and 22: what runs out, and what is held. */
export const resourceScenarios: readonly Scenario[] = [
  {
    name: 'postgres-locked',
    row: 9,
    says: 'every wallet is locked by somebody else, then every session is ended at once, as in a failover',
    run: lockWallets,
  },
  {
    name: 'postgres-disk-full',
    row: 10,
    says: `Postgres can write no file any further for ${FULL_MS / 1_000} s, its log first of all`,
    needs: 'prlimit',
    run: fillDisk,
  },
  {
    name: 'file-descriptors',
    row: 22,
    says: 'services may open no more files and connections than they have',
    needs: 'prlimit',
    run: starveOfFiles,
  },
];

async function lockWallets({ world, note, during }: Stage): Promise<void> {
  const says = 'somebody holds every wallet, and then ends every session';
  await during({ target: 'postgres', says }, async () => {
    const client = new Client({ connectionString: world.postgres.url });
    await client.connect();
    await client.query('begin');
    await client.query(
      'select from billing.wallets join faults.senders using (org_id) for update of wallets',
    );
    await sleep(LOCKED_MS);
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where usename <> current_user`,
    );
    note(`${rowCount ?? 0} sessions are ended`);
    await client.query('rollback');
    await client.end();
  });
}

/** Postgres cannot go on without its log: it ends, and does not come back before there is room. */
async function fillDisk({ world, note, violated, during }: Stage): Promise<void> {
  await during(
    { target: 'postgres', says: 'the disk of Postgres is full', isGone: true },
    async () => {
      for (const pid of world.postgres.processes()) limitFileBytes(pid, FILE_BYTES_MAX);
      await sleep(FULL_MS);
      if (world.postgres.isRunning) {
        violated('I11', 'Postgres runs on, so that nothing was full');
        for (const pid of world.postgres.processes()) limitFileBytes(pid, 'unlimited');
      } else {
        note('Postgres has ended; there is room again');
        await world.postgres.restart();
      }
    },
  );
  await world.reconnect();
}

async function starveOfFiles({ world, note, during }: Stage): Promise<void> {
  for (const service of STARVED) {
    const pid = world.processes(service)[0]?.pid;
    if (pid === undefined) throw new Error(`${service} does not run`);
    const says = `${service} may open no more files than its ${openFiles(pid)}`;
    await during({ target: 'all', says }, async () => {
      const restore = limitFiles(pid);
      // What it has is taken from it too: it must open anew, and cannot.
      for (const far of ['kafka', 'postgres'] as const) {
        if (world.network.has(service, far)) world.between(service, far).reset();
      }
      await sleep(STARVED_MS);
      restore();
    });
    note(`${service} may open files again`);
    await sleep(1_000);
  }
}
