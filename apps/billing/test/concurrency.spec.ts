import { openDatabase } from '@gateway/platform';
import { testDatabase } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { BILLING_DATABASE } from '../src/billing.database';
import { HoldsStore } from '../src/holds.store';
import { LedgerStore } from '../src/ledger.store';
import { WalletService } from '../src/wallet.service';
import { FEE, aRequest, aSettlement } from './builders';

let database: Awaited<ReturnType<typeof testDatabase>>;
let second: DataSource;
let owner: Client;
/** Outside the owner's transactions, in which what others do would stand still. */
let observer: Client;
let stores: [HoldsStore, HoldsStore];
let ledger: LedgerStore;
let wallets: WalletService;

beforeAll(async () => {
  database = await testDatabase(BILLING_DATABASE);
  second = await openDatabase({
    url: database.url,
    definition: BILLING_DATABASE,
    service: 'billing',
  });
  owner = new Client({ connectionString: database.ownerUrl });
  observer = new Client({ connectionString: database.ownerUrl });
  await Promise.all([owner.connect(), observer.connect()]);
  stores = [new HoldsStore(database.dataSource), new HoldsStore(second)];
  ledger = new LedgerStore(database.dataSource);
  wallets = new WalletService(ledger, {
    feeMicroUsd: FEE,
    defaultMetaFeeMicroUsd: 60_000n,
    signupCreditMicroUsd: 0n,
    paymentProvider: 'none',
  });
});

afterAll(async () => {
  await Promise.all([owner.end(), observer.end()]);
  await second.destroy();
  await database.close();
});

const hold = (store: HoldsStore, requests: Parameters<HoldsStore['hold']>[0]) =>
  store.hold(requests, FEE, Date.now());
const settle = (store: HoldsStore, settlements: Parameters<HoldsStore['settle']>[0]) =>
  store.settle(settlements, FEE, Date.now());

async function expectBalanced(): Promise<void> {
  expect(await ledger.fullImbalance()).toBe(0n);
  expect(await ledger.heldImbalance()).toBe(0n);
}

/** Waits until that many statements with this text wait for a lock, and returns their processes. */
async function waiting(text: string, count = 1): Promise<number[]> {
  for (;;) {
    const { rows } = await observer.query<{ pid: number }>(
      `select pid from pg_stat_activity
       where wait_event_type = 'Lock' and query like $1 and datname = current_database()`,
      [`%${text}%`],
    );
    if (rows.length === count) return rows.map(({ pid }) => pid);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('two instances', () => {
  it('never hold more than a wallet has, nor one message twice', async () => {
    const orgId = randomUUID();
    await wallets.creditWallet(orgId, 100n * FEE, 'test', 'first');
    const requests = Array.from({ length: 150 }, () => aRequest({ orgId }));
    const batches = Array.from({ length: 30 }, (_, index) =>
      requests.slice(index * 5, index * 5 + 5),
    );
    const refused = await Promise.all(
      batches.flatMap((batch) => stores.map((store) => hold(store, batch))),
    );
    const wallet = await ledger.wallet(orgId);
    expect(wallet?.heldMicroUsd).toBe(100n * FEE);
    expect(refused.flat()).toHaveLength(100);
    await expectBalanced();
  });

  it('work on the same wallets in any order without a deadlock', async () => {
    const orgIds = Array.from({ length: 20 }, () => randomUUID());
    await wallets.seedWallets(orgIds, 1_000_000n);
    const rounds = Array.from({ length: 40 }, (_, round) => {
      const order = round % 2 === 0 ? orgIds : [...orgIds].reverse();
      return order.map((orgId) => aRequest({ orgId }));
    });
    await Promise.all(
      rounds.map(async (requests, round) => {
        const [one, other] = round % 2 === 0 ? stores : [stores[1], stores[0]];
        expect(await hold(one, requests)).toEqual([]);
        const settlements = requests.map((request) => aSettlement(request));
        await Promise.all([settle(one, settlements), settle(other, settlements.reverse())]);
      }),
    );
    for (const orgId of orgIds) {
      const wallet = await ledger.wallet(orgId);
      expect(wallet).toEqual({ orgId, balanceMicroUsd: 1_000_000n - 40n * FEE, heldMicroUsd: 0n });
    }
    await expectBalanced();
  });

  it('sees the hold that another instance committed while it waited for the wallet', async () => {
    const orgId = randomUUID();
    await wallets.creditWallet(orgId, FEE, 'test', 'first');
    const request = aRequest({ orgId });
    await owner.query('begin');
    await owner.query('select from billing.wallets where org_id = $1 for update', [orgId]);
    const both = stores.map((store) => hold(store, [request]));
    await waiting('hold_messages', 2);
    await owner.query('commit');
    expect(await Promise.all(both)).toEqual([[], []]);
    expect((await ledger.wallet(orgId))?.heldMicroUsd).toBe(FEE);
  });

  it('takes no hold for a message that was charged while it waited for the wallet', async () => {
    const orgId = randomUUID();
    await wallets.creditWallet(orgId, 5n * FEE, 'test', 'first');
    const request = aRequest({ orgId });
    await owner.query('begin');
    await owner.query('select from billing.wallets where org_id = $1 for update', [orgId]);
    const settled = settle(stores[0], [aSettlement(request)]);
    await waiting('settle_accepted_messages');
    const held = hold(stores[1], [request]);
    await waiting('hold_messages');
    await owner.query('commit');
    await settled;
    expect(await held).toEqual([]);
    const wallet = await ledger.wallet(orgId);
    expect(wallet).toEqual({ orgId, balanceMicroUsd: 4n * FEE, heldMicroUsd: 0n });
    await expectBalanced();
  });
});

describe('a connection that is killed in a statement', () => {
  it.each(['hold_messages', 'settle_accepted_messages'])(
    'leaves nothing half of %s',
    async (name) => {
      const orgId = randomUUID();
      await wallets.creditWallet(orgId, 10n * FEE, 'test', 'first');
      const requests = Array.from({ length: 5 }, () => aRequest({ orgId })).sort((a, b) =>
        a.messageId.localeCompare(b.messageId),
      );
      if (name === 'settle_accepted_messages') await hold(stores[0], requests);
      const before = await ledger.wallet(orgId);
      const work = () =>
        name === 'hold_messages'
          ? hold(stores[0], requests)
          : settle(
              stores[0],
              requests.map((request) => aSettlement(request)),
            );
      await owner.query('begin');
      // The last row of the statement waits for this one, with the rows before it written.
      const last = requests.at(-1)?.messageId;
      await owner.query(
        name === 'hold_messages'
          ? `insert into billing.holds values ($1, $2, $2, 1, now(), now())`
          : `insert into billing.ledger_transactions values
             ($1, $2, -1, now(), 'infrastructure_fee', 'infrastructure_revenue')`,
        [last, orgId],
      );
      const failed = expect(work()).rejects.toThrow();
      await observer.query('select pg_terminate_backend($1)', await waiting(name));
      await failed;
      await owner.query('rollback');
      expect(await ledger.wallet(orgId)).toEqual(before);
      await expectBalanced();
      await work();
      await work();
      expect(await ledger.wallet(orgId)).toEqual({
        orgId,
        balanceMicroUsd: name === 'hold_messages' ? 10n * FEE : 5n * FEE,
        heldMicroUsd: name === 'hold_messages' ? 5n * FEE : 0n,
      });
      await expectBalanced();
    },
  );
});
