import { testDatabase } from '@gateway/testing';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { BILLING_DATABASE } from '../src/billing.database';
import type { SettlementAction } from '../src/domain/settlement';
import { HoldsStore } from '../src/holds.store';
import { LedgerStore } from '../src/ledger.store';
import { CreditConflictError, WalletService } from '../src/wallet.service';
import { FEE, aPricing, aRequest, aSettlement } from './builders';
import { MoneyModel } from './model';

let database: Awaited<ReturnType<typeof testDatabase>>;
let dataSource: DataSource;
let holds: HoldsStore;
let ledger: LedgerStore;
let wallets: WalletService;

beforeAll(async () => {
  database = await testDatabase(BILLING_DATABASE);
  dataSource = database.dataSource;
  holds = new HoldsStore(dataSource);
  ledger = new LedgerStore(dataSource);
  wallets = new WalletService(ledger, {
    feeMicroUsd: FEE,
    defaultMetaFeeMicroUsd: 60_000n,
    signupCreditMicroUsd: 10_000_000n,
    paymentProvider: 'none',
  });
});

afterAll(() => database.close());

async function anOrganization(amount: bigint): Promise<string> {
  const orgId = randomUUID();
  if (amount > 0n) await wallets.creditWallet(orgId, amount, 'test', 'first');
  else await ledger.openWallets([orgId]);
  return orgId;
}

const hold = (requests: Parameters<HoldsStore['hold']>[0]) => holds.hold(requests, FEE, 5_000);
const settle = (settlements: Parameters<HoldsStore['settle']>[0], nowMs = 6_000) =>
  holds.settle(settlements, FEE, nowMs);

const price = (pricings: Parameters<HoldsStore['price']>[0]) => holds.price(pricings, FEE, 7_000);

async function walletOf(orgId: string): Promise<[bigint, bigint]> {
  const wallet = await ledger.wallet(orgId);
  return [wallet?.balanceMicroUsd ?? -1n, wallet?.heldMicroUsd ?? -1n];
}

async function expectBalanced(): Promise<void> {
  expect(await ledger.fullImbalance()).toBe(0n);
  expect(await ledger.heldImbalance()).toBe(0n);
  expect(await ledger.entriesTotal()).toBe(0n);
}

describe('holding', () => {
  it('holds what is covered in order of arrival and refuses the rest', async () => {
    const orgId = await anOrganization(2_500n);
    const requests = [1, 2, 3, 4].map(() => aRequest({ orgId }));
    expect(await hold(requests)).toEqual([2, 3]);
    expect(await walletOf(orgId)).toEqual([2_500n, 2_000n]);
    await expectBalanced();
  });

  it('refuses at zero and below, fakes too, and below the fee only what is charged', async () => {
    const poor = await anOrganization(0n);
    const almost = await anOrganization(FEE - 1n);
    const fake = (orgId: string) => aRequest({ orgId, amountMicroUsd: 0n });
    expect(await hold([fake(poor), aRequest({ orgId: poor })])).toEqual([0, 1]);
    expect(await hold([fake(almost), aRequest({ orgId: almost }), fake(almost)])).toEqual([1]);
    expect(await walletOf(almost)).toEqual([FEE - 1n, 0n]);
  });

  it('lets fakes behind a refused message pass while something is left', async () => {
    const orgId = await anOrganization(1_500n);
    const amounts = [FEE, FEE, 0n, FEE, 0n];
    const requests = amounts.map((amountMicroUsd) => aRequest({ orgId, amountMicroUsd }));
    expect(await hold(requests)).toEqual([1, 3]);
  });

  it('refuses organizations without a wallet, and holds for others in the same batch', async () => {
    const orgId = await anOrganization(FEE);
    expect(await hold([aRequest({ orgId: randomUUID() }), aRequest({ orgId })])).toEqual([0]);
    expect(await walletOf(orgId)).toEqual([FEE, FEE]);
  });

  it('counts a redelivered message once, also with nothing left and after its end', async () => {
    const orgId = await anOrganization(3n * FEE);
    const [kept, charged, released] = [1, 2, 3].map(() => aRequest({ orgId }));
    if (!kept || !charged || !released) throw new Error('three requests');
    const all = [kept, charged, released];
    expect(await hold(all)).toEqual([]);
    expect(await hold(all)).toEqual([]);
    expect(await walletOf(orgId)).toEqual([3n * FEE, 3n * FEE]);
    await settle([aSettlement(charged), aSettlement(released, 'release')]);
    expect(await hold(all)).toEqual([]);
    expect(await walletOf(orgId)).toEqual([2n * FEE, FEE]);
    await expectBalanced();
  });

  it('holds amounts above the fee as long as the fee is covered', async () => {
    const orgId = await anOrganization(2_500n);
    const requests = [2_000n, 1_000n, 0n].map((amountMicroUsd) =>
      aRequest({ orgId, amountMicroUsd }),
    );
    expect(await hold(requests)).toEqual([1]);
    const other = await anOrganization(1_500n);
    expect(await hold([aRequest({ orgId: other, amountMicroUsd: 9_000n })])).toEqual([]);
    expect(await walletOf(other)).toEqual([1_500n, 9_000n]);
    expect(await hold([aRequest({ orgId: other, amountMicroUsd: 0n })])).toEqual([0]);
  });

  it('commits holds asynchronously and ledger entries never', async () => {
    const orgId = await anOrganization(FEE);
    const request = aRequest({ orgId });
    const settingAfter = (statement: string) =>
      dataSource.transaction(async (manager) => {
        await manager.query(statement);
        const [row] =
          await manager.query<{ synchronous_commit: string }[]>('show synchronous_commit');
        return row?.synchronous_commit;
      });
    const ids = `'{${request.messageId}}'::uuid[], '{${orgId}}'::uuid[]`;
    expect(
      await settingAfter(
        `select billing.hold_messages(${ids}, '{${orgId}}', '{1000}', '{1}', '{${orgId}}', 1000, 1)`,
      ),
    ).toBe('off');
    expect(
      await settingAfter(
        `select billing.settle_accepted_messages(${ids}, '{${orgId}}', '{charge}', '{${orgId}}', 1000, 1)`,
      ),
    ).toBe('on');
  });
});

describe('settling', () => {
  it('takes exactly the fee for each of 1,000 messages', async () => {
    const orgId = await anOrganization(10_000_000n);
    const requests = Array.from({ length: 1_000 }, () => aRequest({ orgId }));
    for (let start = 0; start < 1_000; start += 250) {
      expect(await hold(requests.slice(start, start + 250))).toEqual([]);
    }
    for (let start = 0; start < 1_000; start += 100) {
      const part = requests.slice(start, start + 100).map((request) => aSettlement(request));
      expect(await settle(part)).toEqual({ charged: 100, ended: 100 });
    }
    expect(await walletOf(orgId)).toEqual([9_000_000n, 0n]);
    await expectBalanced();
  });

  it('charges once however often acceptance is told, with a hold or without', async () => {
    const orgId = await anOrganization(10n * FEE);
    const request = aRequest({ orgId });
    await hold([request]);
    expect(await settle([aSettlement(request)])).toEqual({ charged: 1, ended: 1 });
    expect(await settle([aSettlement(request)])).toEqual({ charged: 0, ended: 0 });
    expect(await settle([aSettlement(aRequest({ orgId }))])).toEqual({ charged: 1, ended: 0 });
    expect(await walletOf(orgId)).toEqual([8n * FEE, 0n]);
    expect(await wallets.messageCost(orgId, request.messageId)).toEqual({ costMicroUsd: '1000' });
    expect(await wallets.messageCost(randomUUID(), request.messageId)).toEqual({
      costMicroUsd: '0',
    });
  });

  it('charges after a release and after unknown, once', async () => {
    const orgId = await anOrganization(10n * FEE);
    const [released, unknown] = [aRequest({ orgId }), aRequest({ orgId })];
    await hold([released, unknown]);
    await settle([aSettlement(released, 'release'), aSettlement(unknown, 'unknown')]);
    expect(await walletOf(orgId)).toEqual([10n * FEE, FEE]);
    for (let time = 0; time < 2; time += 1) {
      await settle([aSettlement(released), aSettlement(unknown)]);
      expect(await walletOf(orgId)).toEqual([8n * FEE, 0n]);
    }
  });

  it('takes the balance below zero rather than let an accepted message go uncharged', async () => {
    const orgId = randomUUID();
    await settle([aSettlement(aRequest({ orgId }))]);
    expect(await walletOf(orgId)).toEqual([-FEE, 0n]);
    await expectBalanced();
  });

  it("leaves another organization's hold alone", async () => {
    const orgId = await anOrganization(FEE);
    const request = aRequest({ orgId });
    await hold([request]);
    const other = await anOrganization(FEE);
    await settle([aSettlement({ messageId: request.messageId, orgId: other }, 'release')]);
    expect(await walletOf(orgId)).toEqual([FEE, FEE]);
    await expectBalanced();
  });
});

describe('any history', () => {
  const ACTIONS: SettlementAction[] = ['charge', 'release', 'discard', 'unknown'];
  const messages = fc.uniqueArray(fc.nat({ max: 30 }), { minLength: 1, maxLength: 12 });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('hold' as const), messages }),
    fc.record({ kind: fc.constant('settle' as const), messages, seed: fc.nat() }),
    fc.record({ kind: fc.constant('price' as const), messages, seed: fc.nat() }),
    fc.record({ kind: fc.constant('credit' as const), amount: fc.integer({ min: 1, max: 5_000 }) }),
  );

  it('ends as it does when one message is handled after the other', async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 15 }),
      fc.array(fc.integer({ min: 1, max: 8_000 }), { minLength: 1, maxLength: 3 }),
      async (steps, balances) => {
        const model = new MoneyModel(FEE);
        const orgIds: string[] = [];
        for (const balance of balances) {
          const orgId = await anOrganization(BigInt(balance));
          model.credit(orgId, BigInt(balance));
          orgIds.push(orgId);
        }
        const known = Array.from({ length: 31 }, (_, index) =>
          aRequest({
            orgId: orgIds[index % orgIds.length] ?? '',
            amountMicroUsd: [FEE, FEE, 0n, 1_700n][index % 4] ?? FEE,
          }),
        );
        const pick = (indexes: readonly number[]) => indexes.flatMap((index) => known[index] ?? []);
        for (const [number, each] of steps.entries()) {
          if (each.kind === 'hold') {
            const requests = pick(each.messages);
            expect(await hold(requests)).toEqual(model.hold(requests));
          } else if (each.kind === 'settle') {
            const settlements = pick(each.messages).map((request, index) =>
              aSettlement(request, ACTIONS[(each.seed + index * 7) % 4] ?? 'charge'),
            );
            await settle(settlements);
            model.settle(settlements);
          } else if (each.kind === 'price') {
            const pricings = pick(each.messages).map((request, index) =>
              aPricing(request, [undefined, 700n, 9_000n][(each.seed + index * 7) % 3]),
            );
            await price(pricings);
            model.price(pricings);
          } else {
            const orgId = orgIds[number % orgIds.length] ?? '';
            await wallets.creditWallet(orgId, BigInt(each.amount), 'test', `step ${number}`);
            model.credit(orgId, BigInt(each.amount));
          }
        }
        for (const [orgId, { balance, held }] of model.wallets) {
          expect(await walletOf(orgId)).toEqual([balance, held]);
        }
        const open = await dataSource.query<{ message_id: string }[]>(
          'select message_id from billing.holds where org_id = any($1)',
          [orgIds],
        );
        expect(open.map((row) => row.message_id).sort()).toEqual([...model.holds.keys()].sort());
        await expectBalanced();
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});

describe('credits', () => {
  it('enters a credit once for its key, and refuses the key for another amount', async () => {
    const orgId = randomUUID();
    expect(await wallets.creditWallet(orgId, 5_000n, 'transfer 1', 'k1')).toBe(true);
    expect(await wallets.creditWallet(orgId, 5_000n, 'transfer 1', 'k1')).toBe(false);
    await expect(wallets.creditWallet(orgId, 6_000n, 'transfer 1', 'k1')).rejects.toThrow(
      CreditConflictError,
    );
    await expect(wallets.creditWallet(orgId, 0n, 'nothing', 'k2')).rejects.toThrow(
      'more than zero',
    );
    expect(await walletOf(orgId)).toEqual([5_000n, 0n]);
  });

  it('gives the signup credit once, as a ledger entry', async () => {
    const orgId = randomUUID();
    await Promise.all([wallets.openWallet(orgId), wallets.openWallet(orgId)]);
    expect(await wallets.wallet(orgId)).toEqual({
      orgId,
      balanceMicroUsd: '10000000',
      heldMicroUsd: '0',
    });
    await expectBalanced();
  });

  it('seeds thousands of wallets, once', async () => {
    const orgIds = Array.from({ length: 6_000 }, () => randomUUID());
    await wallets.seedWallets(orgIds, 7_000n);
    await wallets.seedWallets(orgIds, 7_000n);
    const [row] = await dataSource.query<{ count: string; sum: string }[]>(
      'select count(*), sum(balance_micro_usd) from billing.wallets where org_id = any($1)',
      [orgIds],
    );
    expect(row).toEqual({ count: '6000', sum: String(6_000 * 7_000) });
    await expectBalanced();
  });

  it('knows no wallet of an unknown organization, and no id that is none', async () => {
    expect(await wallets.wallet(randomUUID())).toBeNull();
    await expect(wallets.wallet("'; drop table")).rejects.toMatchObject({ code: 'GW_003' });
  });
});
