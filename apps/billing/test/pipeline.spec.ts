import {
  decodeJourney,
  decodeReply,
  encodeJourney,
  type Journey,
  type Reply,
  type SettledPayload,
} from '@gateway/contracts';
import type { InboundRecord, OutboundRecord } from '@gateway/messaging';
import { testDatabase, until } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { BILLING_DATABASE } from '../src/billing.database';
import { LedgerStore } from '../src/ledger.store';
import { WalletService } from '../src/wallet.service';
import { FEE } from './builders';
import { aJourney, admitted, cuttable, startBilling, type BillingProcess } from './billing-process';

let database: Awaited<ReturnType<typeof testDatabase>>;
let way: Awaited<ReturnType<typeof cuttable>>;
let billing: BillingProcess;
let ledger: LedgerStore;
let wallets: WalletService;

beforeAll(async () => {
  database = await testDatabase(BILLING_DATABASE);
  way = await cuttable(database.url);
  billing = await startBilling(way.url);
  ledger = new LedgerStore(database.dataSource);
  wallets = new WalletService(ledger, {
    feeMicroUsd: FEE,
    defaultMetaFeeMicroUsd: 60_000n,
    signupCreditMicroUsd: 0n,
    paymentProvider: 'none',
  });
});

afterAll(async () => {
  await billing.close();
  way.close();
  await database.close();
});

async function anOrganization(amount: bigint): Promise<string> {
  const orgId = randomUUID();
  await wallets.seedWallets([orgId], amount);
  return orgId;
}

const admit = (journeys: readonly Journey[]) =>
  billing.transport.producer.sendAll(journeys.map(admitted));

const fundedOf = ({ messageId }: Journey): InboundRecord[] =>
  billing
    .written('message.funded.v1')
    .filter(({ headers }) => decodeJourney(headers)?.messageId === messageId);

const funded = (journey: Journey): Promise<InboundRecord> => until(() => fundedOf(journey)[0]);

const repliesTo = ({ messageId }: Journey): (Reply | null)[] =>
  billing
    .written('replies.v1')
    .filter(({ key }) => key === messageId)
    .map(({ headers, value }) => decodeReply(headers, value));

const reply = (journey: Journey): Promise<Reply> => until(() => repliesTo(journey)[0]);

const settle = (
  journeys: readonly Journey[],
  outcome: SettledPayload['outcome'],
  billable = true,
) =>
  billing.transport.producer.sendAll(
    journeys.map(({ messageId, orgId, appId }) => ({
      topic: 'message.settled.v1' as const,
      key: appId,
      value: JSON.stringify({ messageId, orgId, appId, outcome, billable, atMs: Date.now() }),
    })),
  );

async function asOwner(sql: string): Promise<void> {
  const owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await owner.query(sql);
  await owner.end();
}

async function walletOf(orgId: string): Promise<[bigint, bigint]> {
  const wallet = await ledger.wallet(orgId);
  return [wallet?.balanceMicroUsd ?? -1n, wallet?.heldMicroUsd ?? -1n];
}

describe('an admitted message', () => {
  it('is held and goes on as it came: key, bytes and headers', async () => {
    const orgId = await anOrganization(5n * FEE);
    const journey = aJourney({ orgId, idempotencyHash: 'a'.repeat(64), isMmlite: true });
    await admit([journey]);
    const record = await funded(journey);
    expect(record.key).toBe(journey.appId);
    expect(record.value?.toString()).toBe('{"to":"905321234567"  }');
    expect(record.headers).toEqual(encodeJourney(journey));
    expect(await walletOf(orgId)).toEqual([5n * FEE, FEE]);
  });

  it('goes on again when it is redelivered, held once', async () => {
    const orgId = await anOrganization(FEE);
    const journey = aJourney({ orgId });
    await admit([journey, journey]);
    await funded(journey);
    await admit([journey]);
    await until(() => fundedOf(journey).length >= 2);
    expect(await walletOf(orgId)).toEqual([FEE, FEE]);
    expect(repliesTo(journey)).toEqual([]);
  });

  it('is refused with BILL_001 when nothing covers it, with its rate state', async () => {
    const orgId = await anOrganization(FEE);
    const [first, second] = [aJourney({ orgId }), aJourney({ orgId })];
    await admit([first, second]);
    await funded(first);
    expect(await reply(second)).toMatchObject({
      kind: 'refused',
      from: 'billing',
      code: 'BILL_001',
      messageId: second.messageId,
      params: {},
      isReplayed: false,
      rateState: second.rateState,
    });
    expect(fundedOf(second)).toEqual([]);
    expect(billing.written('replies.v1').at(-1)?.partition).toBe(second.replyPartition);
  });

  it('goes on with the refusal when it has an idempotency key, unanswered', async () => {
    const orgId = await anOrganization(0n);
    const journey = aJourney({ orgId, idempotencyHash: 'b'.repeat(64) });
    await admit([journey]);
    expect((await funded(journey)).headers).toEqual(
      encodeJourney({ ...journey, refusal: 'BILL_001' }),
    );
    expect(repliesTo(journey)).toEqual([]);
  });

  it('is only checked when it is a fake or mark-as-read', async () => {
    const [rich, poor] = [await anOrganization(1n), await anOrganization(0n)];
    const kinds = [{ isFake: true }, { type: 'read' as const }];
    const passing = kinds.map((kind) => aJourney({ orgId: rich, ...kind }));
    const refused = kinds.map((kind) => aJourney({ orgId: poor, ...kind }));
    await admit([...passing, ...refused]);
    await Promise.all(passing.map(funded));
    for (const each of await Promise.all(refused.map(reply))) {
      expect(each).toMatchObject({ code: 'BILL_001' });
    }
    expect(await walletOf(rich)).toEqual([1n, 0n]);
  });

  it('goes on without a hold when it is late, and says so', async () => {
    const orgId = await anOrganization(0n);
    const overdue = aJourney({ orgId, isFake: true, submittedAtMs: Date.now() - 10_001 });
    const marked = aJourney({ orgId, isLate: true });
    await admit([overdue, marked]);
    expect((await funded(overdue)).headers).toEqual(encodeJourney({ ...overdue, isLate: true }));
    expect((await funded(marked)).headers).toEqual(encodeJourney(marked));
    expect(await walletOf(orgId)).toEqual([0n, 0n]);
  });
});

describe('a record that is none', () => {
  it('goes to the dead letter alone, and those beside it go on', async () => {
    const orgId = await anOrganization(5n * FEE);
    const [before, after] = [aJourney({ orgId }), aJourney({ orgId })];
    const poison: OutboundRecord[] = [
      { ...admitted(before), headers: {} },
      { ...admitted(before), headers: { 'x-message-id': "'; drop table wallets" } },
      { ...admitted(before), headers: { ...encodeJourney(before), 'x-org-id': '{}' }, value: null },
      { ...admitted(before), headers: { ...encodeJourney(before), 'x-ttl-ms': '-1' } },
    ];
    const start = billing.transport.deadLetters.length;
    await billing.transport.producer.sendAll([admitted(before), ...poison, admitted(after)]);
    await Promise.all([before, after].map(funded));
    await until(() => billing.transport.deadLetters.length === start + poison.length);
    for (const value of ['', '{}', 'no json', '{"messageId":1}']) {
      await billing.transport.producer.send({ topic: 'message.settled.v1', key: 'k', value });
    }
    await settle([before, after], 'accepted');
    expect(await walletOf(orgId)).toEqual([3n * FEE, 0n]);
    const groups = billing.transport.deadLetters.slice(start).map(({ group }) => group);
    expect(groups.filter((group) => group === 'billing-settle')).toHaveLength(4);
  });

  it('answers its client with GW_500 when the store refuses what is in it', async () => {
    const orgId = await anOrganization(5n * FEE);
    const [first, bad, last] = [aJourney({ orgId }), aJourney({ orgId }), aJourney({ orgId })];
    await asOwner(`
      create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'no such amount' using errcode = '22003'; end $$;
      create trigger refuse before insert on billing.holds for each row
        when (new.message_id = '${bad.messageId}') execute function refuse()`);
    await admit([first, bad, last]);
    await Promise.all([funded(first), funded(last)]);
    expect(await reply(bad)).toMatchObject({ kind: 'refused', code: 'GW_500' });
    expect(await walletOf(orgId)).toEqual([5n * FEE, 2n * FEE]);
  });
});

describe('an outcome', () => {
  it('charges, releases or keeps, each once', async () => {
    const orgId = await anOrganization(10n * FEE);
    const [accepted, rejected, unknown, read] = [
      aJourney({ orgId }),
      aJourney({ orgId }),
      aJourney({ orgId }),
      aJourney({ orgId, type: 'read' }),
    ];
    await admit([accepted, rejected, unknown, read]);
    await Promise.all([accepted, rejected, unknown, read].map(funded));
    for (let time = 0; time < 2; time += 1) {
      await settle([accepted], 'accepted');
      await settle([rejected], 'rejected');
      await settle([unknown], 'unknown');
      await settle([read], 'accepted', false);
      expect(await walletOf(orgId)).toEqual([9n * FEE, FEE]);
    }
    await settle([unknown], 'accepted');
    expect(await walletOf(orgId)).toEqual([8n * FEE, 0n]);
    expect(await ledger.fullImbalance()).toBe(0n);
  });
});

describe('commands', () => {
  it('tell the wallet and the cost of a message', async () => {
    const orgId = await anOrganization(5n * FEE);
    const journey = aJourney({ orgId });
    await admit([journey]);
    await funded(journey);
    await settle([journey], 'accepted');
    const { commands } = billing.edge;
    const options = { timeoutMs: 5_000 };
    expect(await commands.call('billing', 'wallet.get', { orgId }, options)).toEqual({
      orgId,
      balanceMicroUsd: '4000',
      heldMicroUsd: '0',
    });
    const message = { orgId, messageId: journey.messageId };
    expect(await commands.call('billing', 'message.cost', message, options)).toEqual({
      costMicroUsd: '1000',
    });
    await expect(
      commands.call('billing', 'wallet.get', { orgId: 'nobody' }, options),
    ).rejects.toMatchObject({ code: 'GW_003' });
  });
});

describe('a store that is gone', () => {
  it('refuses with BILL_002 after a second, later messages at once, and goes on when it is back', async () => {
    const orgId = await anOrganization(10n * FEE);
    const [plain, keyed, later, settled, afterwards] = [
      aJourney({ orgId }),
      aJourney({ orgId, idempotencyHash: 'c'.repeat(64) }),
      aJourney({ orgId }),
      aJourney({ orgId }),
      aJourney({ orgId }),
    ];
    await admit([settled]);
    await funded(settled);
    way.cut();
    const startedMs = Date.now();
    await admit([plain, keyed]);
    expect(await reply(plain)).toMatchObject({ kind: 'refused', code: 'BILL_002' });
    const waitedMs = Date.now() - startedMs;
    expect(waitedMs).toBeGreaterThanOrEqual(700);
    expect(waitedMs).toBeLessThan(2_000);
    expect((await funded(keyed)).headers['x-refusal']).toBe('BILL_002');
    expect(repliesTo(keyed)).toEqual([]);
    const laterMs = Date.now();
    await admit([later]);
    expect(await reply(later)).toMatchObject({ code: 'BILL_002' });
    expect(Date.now() - laterMs).toBeLessThan(700);
    // What was settled meanwhile waits for the store and is not lost.
    const charged = settle([settled], 'accepted');
    way.mend();
    await charged;
    await admit([afterwards]);
    await funded(afterwards);
    expect(await walletOf(orgId)).toEqual([9n * FEE, FEE]);
    expect(fundedOf(plain)).toEqual([]);
  });

  it('lets the dispatcher judge what was handed on before: it may be with Meta', async () => {
    const orgId = await anOrganization(10n * FEE);
    const [copied, plain] = [aJourney({ orgId }), aJourney({ orgId })];
    await admit([copied]);
    await funded(copied);
    way.cut();
    await admit([copied, plain]);
    expect(await reply(plain)).toMatchObject({ kind: 'refused', code: 'BILL_002' });
    await until(() => Promise.resolve(fundedOf(copied).length === 2));
    expect(fundedOf(copied).map(({ headers }) => headers['x-refusal'])).toEqual([
      undefined,
      'BILL_002',
    ]);
    expect(repliesTo(copied)).toEqual([]);
    expect(fundedOf(plain)).toEqual([]);
    way.mend();
  });

  it('refuses with BILL_002 when it hangs, and a hold that it commits later stays with its message', async () => {
    const orgId = await anOrganization(10n * FEE);
    const owner = new Client({ connectionString: database.ownerUrl });
    await owner.connect();
    await owner.query('begin; lock table billing.wallets in access exclusive mode');
    const journey = aJourney({ orgId });
    await admit([journey]);
    expect(await reply(journey)).toMatchObject({ code: 'BILL_002' });
    await owner.query('rollback');
    await owner.end();
    await until(async () => {
      const [, held] = await walletOf(orgId);
      return held === 0n || held === FEE;
    });
    expect(await ledger.heldImbalance()).toBe(0n);
    const other = aJourney({ orgId });
    await admit([other]);
    await funded(other);
  });
});
