import { recordOf, type PricedPayload, type SettledPayload } from '@gateway/contracts';
import type { OutboundRecord } from '@gateway/messaging';
import { seededRandom, testDatabase, until } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { BILLING_DATABASE } from '../src/billing.database';
import { META_PART_KEPT_MS } from '../src/domain/hold-policy';
import { HoldsStore } from '../src/holds.store';
import { LedgerStore } from '../src/ledger.store';
import { RateCardsStore } from '../src/rate-cards.store';
import { SAMPLE_CARD } from '../src/sample-rate-card';
import { WalletService } from '../src/wallet.service';
import { aJourney, admitted, cuttable, startBilling, type BillingProcess } from './billing-process';
import { FEE } from './builders';

const TURKEY = { template: 10_900n, service: 5_300n };
const APP_ID = '0199aaaa-0000-7000-8000-0000000000a1';

let database: Awaited<ReturnType<typeof testDatabase>>;
let way: Awaited<ReturnType<typeof cuttable>>;
let instances: BillingProcess[];
let ledger: LedgerStore;
let wallets: WalletService;

beforeAll(async () => {
  database = await testDatabase(BILLING_DATABASE);
  way = await cuttable(database.url);
  ledger = new LedgerStore(database.dataSource);
  wallets = new WalletService(ledger, {
    feeMicroUsd: FEE,
    defaultMetaFeeMicroUsd: 60_000n,
    signupCreditMicroUsd: 0n,
    paymentProvider: 'none',
  });
  await new RateCardsStore(database.dataSource).replace(SAMPLE_CARD);
  const environment = { META_FEE_DEFAULT_MICRO_USD: '60000' };
  instances = [
    await startBilling(way.url, environment),
    await startBilling(database.url, environment),
  ];
});

afterAll(async () => {
  for (const instance of instances) await instance.close();
  way.close();
  await database.close();
});

const anOrganization = async (): Promise<string> => {
  const orgId = randomUUID();
  await wallets.creditWallet(orgId, 10_000_000n, 'test', 'first');
  return orgId;
};

const walletOf = async (orgId: string): Promise<[bigint, bigint]> => {
  const wallet = await ledger.wallet(orgId);
  return [10_000_000n - (wallet?.balanceMicroUsd ?? 0n), wallet?.heldMicroUsd ?? 0n];
};

interface Message {
  readonly messageId: string;
  readonly orgId: string;
}

const priced = ({ messageId, orgId }: Message, more: Partial<PricedPayload> = {}) =>
  recordOf('message.priced.v1', APP_ID, {
    messageId,
    orgId,
    appId: APP_ID,
    wamid: `wamid.${messageId}`,
    market: 'TR',
    category: 'marketing',
    billable: true,
    atMs: Date.now(),
    ...more,
  });

const FAILED: Partial<PricedPayload> = { category: null, billable: false, market: null };

const settled = (
  { messageId, orgId }: Message,
  outcome: SettledPayload['outcome'] = 'accepted',
  more: Partial<SettledPayload> = {},
) =>
  recordOf('message.settled.v1', APP_ID, {
    messageId,
    orgId,
    appId: APP_ID,
    outcome,
    billable: true,
    atMs: Date.now(),
    ...more,
  });

const send = (records: OutboundRecord[], at = 0) =>
  instances[at]?.transport.producer.sendAll(records) ?? Promise.reject(new Error('no instance'));

async function held(orgId: string, type: 'template' | 'text'): Promise<Message> {
  const journey = aJourney({ orgId, type, market: 'TR' });
  const before = (await walletOf(orgId))[1];
  await send([admitted(journey)]);
  await until(async () => (await walletOf(orgId))[1] > before);
  return { messageId: journey.messageId, orgId };
}

const expectBalanced = async (): Promise<void> => {
  expect(await ledger.fullImbalance()).toBe(0n);
  expect(await ledger.heldImbalance()).toBe(0n);
  expect(await ledger.entriesTotal()).toBe(0n);
};

describe('what is held of a message in flight', () => {
  it('is the worst case of both fees, then that of Meta alone, then nothing', async () => {
    const orgId = await anOrganization();
    const message = await held(orgId, 'template');
    expect(await walletOf(orgId)).toEqual([0n, FEE + TURKEY.template]);
    await send([settled(message)]);
    expect(await walletOf(orgId)).toEqual([FEE, TURKEY.template]);
    await send([priced(message, { category: 'utility' })]);
    expect(await walletOf(orgId)).toEqual([FEE + 5_300n, 0n]);
    await expectBalanced();
  });

  it('is the service rate for anything but a template, and ends with its acceptance', async () => {
    const orgId = await anOrganization();
    const message = await held(orgId, 'text');
    expect(await walletOf(orgId)).toEqual([0n, FEE + TURKEY.service]);
    await send([settled(message, 'accepted', { isTemplate: false })]);
    expect(await walletOf(orgId)).toEqual([FEE, 0n]);
    await send([priced(message, { category: 'service' })]);
    expect(await walletOf(orgId)).toEqual([FEE + TURKEY.service, 0n]);
    await expectBalanced();
  });

  it('ends with a failure without a fee', async () => {
    const orgId = await anOrganization();
    const message = await held(orgId, 'template');
    await send([settled(message)]);
    await send([priced(message, FAILED)]);
    expect(await walletOf(orgId)).toEqual([FEE, 0n]);
  });

  it('ends after 24 hours without a final status, and no earlier', async () => {
    const orgId = await anOrganization();
    await send([settled(await held(orgId, 'template'))]);
    const holds = new HoldsStore(database.dataSource);
    await holds.expireMetaHolds(Date.now() - META_PART_KEPT_MS, 1_000);
    expect(await walletOf(orgId)).toEqual([FEE, TURKEY.template]);
    await holds.expireMetaHolds(Date.now() + 1, 1_000);
    expect(await walletOf(orgId)).toEqual([FEE, 0n]);
    await expectBalanced();
  });

  it('ends all the same when the price is told before the outcome', async () => {
    const orgId = await anOrganization();
    const message = await held(orgId, 'template');
    await send([priced(message)]);
    expect(await walletOf(orgId)).toEqual([TURKEY.template, FEE]);
    await send([settled(message)]);
    expect(await walletOf(orgId)).toEqual([TURKEY.template + FEE, 0n]);
    await expectBalanced();
  });
});

describe("Meta's fee", () => {
  it('is charged once for each of 2,500 messages by 10,000 records in random order at two instances', async () => {
    const orgId = await anOrganization();
    const messages = Array.from({ length: 2_500 }, () => ({ messageId: randomUUID(), orgId }));
    const random = seededRandom(3);
    const records = messages
      .flatMap((message) => [priced(message), priced(message), settled(message), settled(message)])
      .map((record) => ({ record, at: random.bytes(4).readUInt32BE() }))
      .sort((a, b) => a.at - b.at)
      .map(({ record }) => record);
    await Promise.all([send(records, 0), send([...records].reverse(), 1)]);
    expect(await walletOf(orgId)).toEqual([2_500n * (FEE + TURKEY.template), 0n]);
    await expectBalanced();
    const usage = await database.dataSource.query<
      { category: string; count: string; amount: string }[]
    >(
      `select category, sum(message_count) as count, sum(amount_micro_usd) as amount
       from billing.usage_hours where org_id = $1 group by category order by category`,
      [orgId],
    );
    expect(usage).toEqual([
      { category: 'infrastructure', count: '2500', amount: String(2_500n * FEE) },
      { category: 'marketing', count: '2500', amount: String(2_500n * TURKEY.template) },
    ]);
  }, 120_000);

  it('is the stated default where no card names the market', async () => {
    const orgId = await anOrganization();
    await send([priced({ messageId: randomUUID(), orgId }, { market: null })]);
    expect(await walletOf(orgId)).toEqual([60_000n, 0n]);
  });

  it('is that of the card in force at delivery, also for one that was redelivered later', async () => {
    const orgId = await anOrganization();
    const message = { messageId: randomUUID(), orgId };
    await send([priced(message)]);
    await send([priced(message, { category: 'utility' })]);
    expect(await walletOf(orgId)).toEqual([TURKEY.template, 0n]);
  });

  it('is nothing for what Meta does not charge', async () => {
    const orgId = await anOrganization();
    await send([priced({ messageId: randomUUID(), orgId }, { billable: false })]);
    expect(await walletOf(orgId)).toEqual([0n, 0n]);
  });

  it('may take the balance below zero', async () => {
    const orgId = randomUUID();
    await send([priced({ messageId: randomUUID(), orgId })]);
    expect((await ledger.wallet(orgId))?.balanceMicroUsd).toBe(-TURKEY.template);
    await expectBalanced();
  });

  it('waits for a store that is gone, and is charged then', async () => {
    const orgId = await anOrganization();
    way.cut();
    const told = send([priced({ messageId: randomUUID(), orgId })]);
    expect(await Promise.race([told.then(() => 'told'), refusedOnce(orgId)])).toBe('refused');
    way.mend();
    await told;
    expect(await walletOf(orgId)).toEqual([TURKEY.template, 0n]);
  });
});

/** A send that billing refuses: so its store is surely gone. */
async function refusedOnce(orgId: string): Promise<'refused'> {
  const journey = aJourney({ orgId });
  await send([admitted(journey)]);
  await until(() =>
    instances[0]?.written('replies.v1').some(({ key }) => key === journey.messageId),
  );
  return 'refused';
}
