import type { Outcome, SettledPayload } from '@gateway/contracts';
import { CommandTimeoutError, type Messaging } from '@gateway/messaging';
import { createLogger, metrics } from '@gateway/platform';
import { FakeClock, testDatabase } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { BILLING_DATABASE } from '../src/billing.database';
import { HoldReconcilerService } from '../src/hold-reconciler.service';
import { HoldsStore } from '../src/holds.store';
import { LedgerStore } from '../src/ledger.store';
import { SettleService } from '../src/settle.service';
import { WalletService } from '../src/wallet.service';
import { FEE, aRequest, aSettlement } from './builders';

const settings = {
  feeMicroUsd: FEE,
  defaultMetaFeeMicroUsd: 60_000n,
  signupCreditMicroUsd: 0n,
  paymentProvider: 'none' as const,
};
const logger = createLogger({ service: 'billing', level: 'silent' });
const MINUTE_MS = 60_000;

let database: Awaited<ReturnType<typeof testDatabase>>;
let store: HoldsStore;
let ledger: LedgerStore;
let wallets: WalletService;
let clock: FakeClock;
let settlements: SettleService;
let dispatcher: ADispatcher;

/** Knows how messages ended, and tells it by outcomes as the real one does. */
class ADispatcher {
  readonly asked: string[] = [];
  readonly outcomes = new Map<string, Outcome>();
  isGone = false;

  readonly messaging = {
    commands: { call: (...call: unknown[]) => this.answer(call[2] as AskedMessages) },
  } as unknown as Messaging;

  private async answer({ messages }: AskedMessages): Promise<{ settled: number }> {
    this.asked.push(...messages.map(({ messageId }) => messageId));
    if (this.isGone) throw new CommandTimeoutError('dispatcher', 'outcomes', 5_000);
    await settlements.settle(
      messages.map((message): SettledPayload => ({
        ...message,
        outcome: this.outcomes.get(message.messageId) ?? 'expired',
        billable: true,
        atMs: clock.nowMs(),
      })),
    );
    return { settled: messages.length };
  }
}

interface AskedMessages {
  readonly messages: { messageId: string; orgId: string; appId: string }[];
}

beforeAll(async () => {
  database = await testDatabase(BILLING_DATABASE);
  store = new HoldsStore(database.dataSource);
  ledger = new LedgerStore(database.dataSource);
  wallets = new WalletService(ledger, settings);
});

beforeEach(async () => {
  clock = new FakeClock();
  settlements = new SettleService(store, settings, clock);
  dispatcher = new ADispatcher();
  await database.dataSource.query('delete from billing.holds');
});

afterAll(() => database.close());

const aReconciler = () =>
  new HoldReconcilerService(store, dispatcher.messaging, settings, clock, logger);

/** Holds that may be asked about 25 s from now. */
async function held(count: number): Promise<{ orgId: string; messageIds: string[] }> {
  const orgId = randomUUID();
  await wallets.creditWallet(orgId, BigInt(count) * FEE, 'test', 'first');
  const requests = Array.from({ length: count }, () =>
    aRequest({ orgId, askAtMs: clock.nowMs() + 25_000 }),
  );
  expect(await store.hold(requests, FEE, clock.nowMs())).toEqual([]);
  return { orgId, messageIds: requests.map(({ messageId }) => messageId) };
}

async function walletOf(orgId: string): Promise<[bigint, bigint]> {
  const wallet = await ledger.wallet(orgId);
  return [wallet?.balanceMicroUsd ?? -1n, wallet?.heldMicroUsd ?? -1n];
}

describe('the reconciler', () => {
  it('asks about a hold only when its message cannot be under way any more', async () => {
    const { messageIds } = await held(1);
    clock.advance(24_999);
    await aReconciler().reconcile();
    expect(dispatcher.asked).toEqual([]);
    clock.advance(1);
    await aReconciler().reconcile();
    expect(dispatcher.asked).toEqual(messageIds);
  });

  it('settles as the dispatcher says, in as many questions as it takes', async () => {
    const { orgId, messageIds } = await held(1_200);
    for (const id of messageIds.slice(0, 700)) dispatcher.outcomes.set(id, 'accepted');
    clock.advance(25_000);
    await aReconciler().reconcile();
    expect(new Set(dispatcher.asked).size).toBe(1_200);
    expect(await walletOf(orgId)).toEqual([500n * FEE, 0n]);
    expect(await ledger.fullImbalance()).toBe(0n);
  });

  it('never releases by age alone: without the dispatcher the hold stays', async () => {
    const { orgId } = await held(1);
    dispatcher.isGone = true;
    for (let day = 0; day < 3; day += 1) {
      clock.advance(24 * 60 * MINUTE_MS);
      await aReconciler().reconcile();
    }
    expect(await walletOf(orgId)).toEqual([FEE, FEE]);
    expect(dispatcher.asked).toHaveLength(3);
    dispatcher.isGone = false;
    clock.advance(10_000);
    await aReconciler().reconcile();
    expect(await walletOf(orgId)).toEqual([FEE, 0n]);
  });

  it('asks once for all instances, and again when the lease of a lost question is over', async () => {
    await held(50);
    dispatcher.isGone = true;
    clock.advance(25_000);
    await Promise.all([aReconciler().reconcile(), aReconciler().reconcile()]);
    expect(dispatcher.asked).toHaveLength(50);
    clock.advance(9_999);
    await aReconciler().reconcile();
    expect(dispatcher.asked).toHaveLength(50);
    clock.advance(1);
    await aReconciler().reconcile();
    expect(dispatcher.asked).toHaveLength(100);
  });

  it('gives the hold of an unknown message back after 15 minutes, and charges it if it was sent', async () => {
    const { orgId, messageIds } = await held(1);
    const [messageId = ''] = messageIds;
    dispatcher.outcomes.set(messageId, 'unknown');
    clock.advance(25_000);
    await aReconciler().reconcile();
    clock.advance(15 * MINUTE_MS - 1);
    await aReconciler().reconcile();
    expect(await walletOf(orgId)).toEqual([FEE, FEE]);
    clock.advance(1);
    await aReconciler().reconcile();
    expect(await walletOf(orgId)).toEqual([FEE, 0n]);
    expect(dispatcher.asked).toHaveLength(1);
    const accepted = { messageId, orgId, appId: orgId, outcome: 'accepted' as const };
    for (let time = 0; time < 2; time += 1) {
      await settlements.settle([{ ...accepted, billable: true, atMs: 1 }]);
      expect(await walletOf(orgId)).toEqual([0n, 0n]);
    }
  });

  it('counts the 15 minutes from the first time that the outcome was unknown', async () => {
    const { orgId, messageIds } = await held(1);
    const unknown = {
      messageId: messageIds[0] ?? '',
      orgId,
      appId: orgId,
      outcome: 'unknown' as const,
      billable: true,
      atMs: 1,
    };
    await settlements.settle([unknown]);
    clock.advance(10 * MINUTE_MS);
    await settlements.settle([unknown]);
    clock.advance(5 * MINUTE_MS);
    await aReconciler().reconcile();
    expect(await walletOf(orgId)).toEqual([FEE, 0n]);
  });

  it('shows open holds and the age of the oldest', async () => {
    await held(3);
    clock.advance(12_000);
    await aReconciler().reconcile();
    const shown = await metrics.registry.metrics();
    expect(shown).toContain('gw_holds{state="held"} 3');
    expect(shown).toContain('gw_holds{state="unknown"} 0');
    expect(shown).toContain('gw_holds_oldest_age_seconds 12');
  });

  it('forgets released holds only after every copy of them is late', async () => {
    const orgId = randomUUID();
    const ids = [randomUUID(), randomUUID()];
    await database.dataSource.query('delete from billing.released_holds');
    await store.settle(
      ids.map((messageId) => aSettlement({ messageId, orgId }, 'release')),
      FEE,
      clock.nowMs(),
    );
    await database.dataSource.query(
      `update billing.released_holds set released_at = now() - interval '2 hours 1 second'
       where message_id = $1`,
      [ids[0]],
    );
    await aReconciler().reconcile();
    const left = await database.dataSource.query<{ message_id: string }[]>(
      'select message_id from billing.released_holds',
    );
    expect(left).toEqual([{ message_id: ids[1] }]);
  });
});
