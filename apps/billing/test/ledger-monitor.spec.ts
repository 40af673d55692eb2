import { createLogger, metrics } from '@gateway/platform';
import { testDatabase } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { BILLING_DATABASE } from '../src/billing.database';
import { LedgerMonitorService } from '../src/ledger-monitor.service';
import { LedgerStore } from '../src/ledger.store';
import { WalletService } from '../src/wallet.service';

let database: Awaited<ReturnType<typeof testDatabase>>;
let owner: Client;
let ledger: LedgerStore;
let wallets: WalletService;
let monitor: LedgerMonitorService;

beforeEach(async () => {
  database = await testDatabase(BILLING_DATABASE);
  owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  ledger = new LedgerStore(database.dataSource);
  wallets = new WalletService(ledger, {
    feeMicroUsd: 1_000n,
    defaultMetaFeeMicroUsd: 0n,
    signupCreditMicroUsd: 0n,
    paymentProvider: 'none',
  });
  monitor = new LedgerMonitorService(ledger, createLogger({ service: 'billing', level: 'silent' }));
});

afterEach(async () => {
  await owner.end();
  await database.close();
});

const age = (interval: string) =>
  owner.query('update billing.ledger_transactions set created_at = created_at - $1::interval', [
    interval,
  ]);

const checkpoints = async () =>
  (
    await owner.query<{ amount: string }>(
      'select amount_micro_usd as amount from billing.ledger_checkpoints',
    )
  ).rows.map(({ amount }) => amount);

describe('the ledger monitor', () => {
  it('finds nothing wrong while wallets are the sums of their entries, over many checkpoints', async () => {
    const orgId = randomUUID();
    for (let round = 1; round <= 4; round += 1) {
      await wallets.creditWallet(orgId, 5_000n, 'test', `round ${round}`);
      expect(await monitor.check()).toBe(0n);
      await age('10 minutes');
      await owner.query(
        `update billing.ledger_checkpoint_state set through = through - interval '10 minutes'`,
      );
      expect(await monitor.check()).toBe(0n);
      expect(await monitor.check()).toBe(0n);
      expect(await checkpoints()).toEqual([String(5_000 * round)]);
    }
  });

  it('shows by how much wallets are off, before and behind the checkpoint', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    await wallets.seedWallets([one, other], 5_000n);
    await monitor.check();
    await owner.query('update billing.wallets set balance_micro_usd = 5007 where org_id = $1', [
      one,
    ]);
    await owner.query('update billing.wallets set balance_micro_usd = 4990 where org_id = $1', [
      other,
    ]);
    expect(await monitor.check()).toBe(17n);
    expect(await metrics.registry.metrics()).toContain('gw_ledger_imbalance 17');
    await age('10 minutes');
    expect(await monitor.check()).toBe(17n);
    expect(await monitor.check()).toBe(17n);
  });

  it('finds an entry that was taken from behind the checkpoint when the whole is counted again', async () => {
    const orgId = randomUUID();
    await wallets.creditWallet(orgId, 5_000n, 'test', 'first');
    await monitor.check();
    await age('10 minutes');
    await monitor.check();
    await monitor.check();
    await owner.query('delete from billing.ledger_transactions');
    await owner.query(
      `update billing.ledger_checkpoint_state set recounted_at = now() - interval '25 hours'`,
    );
    expect(await monitor.check()).toBe(5_000n);
  });

  it('does not believe a wrong checkpoint against the whole ledger', async () => {
    await wallets.creditWallet(randomUUID(), 5_000n, 'test', 'first');
    await monitor.check();
    await age('10 minutes');
    await monitor.check();
    await owner.query('update billing.ledger_checkpoints set amount_micro_usd = 1');
    expect(await monitor.check()).toBe(0n);
    expect(await checkpoints()).toEqual([]);
    await monitor.check();
    expect(await checkpoints()).toEqual(['5000']);
    expect(await monitor.check()).toBe(0n);
  });

  it('leaves a checkpoint alone that another instance moves at the same time', async () => {
    await wallets.creditWallet(randomUUID(), 5_000n, 'test', 'first');
    await age('10 minutes');
    await monitor.check();
    const { through } = await ledger.checkpoint();
    await Promise.all([1, 2, 3, 4].map(() => ledger.advanceCheckpoint(through)));
    expect(await checkpoints()).toEqual(['5000']);
    expect(await ledger.imbalanceSince(through)).toBeNull();
  });

  it('cannot be undone by the service itself: entries are only added', async () => {
    await wallets.creditWallet(randomUUID(), 5_000n, 'test', 'first');
    await expect(
      database.dataSource.query('delete from billing.ledger_transactions'),
    ).rejects.toThrow('permission denied');
  });
});
