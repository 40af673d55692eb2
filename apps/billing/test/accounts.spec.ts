import type { BillingAccount } from '@gateway/contracts';
import { testDatabase } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { BILLING_DATABASE } from '../src/billing.database';
import { LedgerStore } from '../src/ledger.store';
import { startBilling, type BillingProcess } from './billing-process';

let database: Awaited<ReturnType<typeof testDatabase>>;
let billing: BillingProcess;
let withoutProvider: BillingProcess;

beforeAll(async () => {
  database = await testDatabase(BILLING_DATABASE);
  billing = await startBilling(database.url, { PAYMENT_PROVIDER: 'test' });
  withoutProvider = await startBilling(database.url);
});

afterAll(async () => {
  await billing.close();
  await withoutProvider.close();
  await database.close();
});

const OPTIONS = { timeoutMs: 10_000 };
const userId = randomUUID();

const topUp = (orgId: string, idempotencyKey: string, amountMicroUsd = '25000000', at = billing) =>
  at.edge.commands.call(
    'billing',
    'wallet.top-up',
    { orgId, userId, amountMicroUsd, idempotencyKey },
    OPTIONS,
  );

const entries = (orgId: string, more: object = {}) =>
  billing.edge.commands.call(
    'billing',
    'wallet.entries',
    { orgId, pageNumber: 1, pageSize: 20, from: null, to: null, kind: null, ...more },
    OPTIONS,
  );

const auditOf = (orgId: string) =>
  database.dataSource.query<{ actor: string; action: string }[]>(
    'select actor, action from billing.audit_log where org_id = $1 order by id',
    [orgId],
  );

it('entries are asked for by any moment that there is, also one that Postgres would not read', async () => {
  const orgId = randomUUID();
  await topUp(orgId, 'k1');
  expect(await entries(orgId, { from: '2000-01-01T00:43:55-16:13' })).toMatchObject({
    totalCount: 1,
  });
  await expect(entries(orgId, { to: '2026-02-30T00:00:00Z' })).rejects.toMatchObject({
    code: 'GW_003',
  });
});

describe('topping up', () => {
  it('with one key twice at once is one entry, one audit entry and one amount', async () => {
    const orgId = randomUUID();
    const [one, other] = await Promise.all([topUp(orgId, 'k1'), topUp(orgId, 'k1')]);
    expect(one).toEqual(other);
    expect(one).toMatchObject({ kind: 'credit', amountMicroUsd: '25000000' });
    expect((await new LedgerStore(database.dataSource).wallet(orgId))?.balanceMicroUsd).toBe(
      25_000_000n,
    );
    expect(await auditOf(orgId)).toEqual([{ actor: userId, action: 'wallet.credit' }]);
  });

  it('with the key of another amount is refused, with that of another organization not', async () => {
    const orgId = randomUUID();
    await topUp(orgId, 'k1');
    await expect(topUp(orgId, 'k1', '1000000')).rejects.toMatchObject({ code: 'GW_007' });
    expect(await topUp(randomUUID(), 'k1', '1000000')).toMatchObject({ amountMicroUsd: '1000000' });
  });

  it('without a payment provider is refused, and nothing is entered', async () => {
    const orgId = randomUUID();
    await expect(topUp(orgId, 'k1', '1000000', withoutProvider)).rejects.toMatchObject({
      code: 'GW_008',
    });
    expect(await entries(orgId)).toEqual({ entries: [], totalCount: 0 });
  });

  it.each(['0', '-1', '1.5', '9999999999999', 'x'])('by %s is refused', async (amount) => {
    await expect(topUp(randomUUID(), 'k', amount)).rejects.toMatchObject({ code: 'GW_003' });
  });
});

describe('the entries of a wallet', () => {
  it('come in pages, newest first, of one organization and kind alone', async () => {
    const orgId = randomUUID();
    const made = [];
    for (const key of ['a', 'b', 'c']) made.unshift((await topUp(orgId, key)).id);
    await topUp(randomUUID(), 'other');
    const first = await entries(orgId, { pageSize: 2 });
    const second = await entries(orgId, { pageSize: 2, pageNumber: 2 });
    expect([...first.entries, ...second.entries].map(({ id }) => id)).toEqual(made);
    expect(first.totalCount).toBe(3);
    expect(await entries(orgId, { kind: 'meta_fee' })).toEqual({ entries: [], totalCount: 0 });
    expect((await entries(orgId, { to: '2020-01-01T00:00:00Z' })).totalCount).toBe(0);
  });

  it.each([{ pageNumber: 0 }, { pageSize: 101 }, { kind: 'x' }, { from: 'soon' }])(
    'asked with %j are refused',
    async (more) => {
      await expect(entries(randomUUID(), more)).rejects.toMatchObject({ code: 'GW_003' });
    },
  );
});

describe('who is invoiced', () => {
  const account: BillingAccount = {
    legalAddress: 'Street 1',
    taxNumber: '1',
    taxOffice: 'Office',
    companyName: 'Ünal & Söhne',
    companyLegalTitle: 'Ltd.',
    vatNumber: 'VAT',
    additionalNote: null,
    city: 'Istanbul',
    country: null,
  };

  it('is nobody at first, then what was said last; the same said again is no change', async () => {
    const orgId = randomUUID();
    const get = () => billing.edge.commands.call('billing', 'account.get', { orgId }, OPTIONS);
    const put = (changed: BillingAccount) =>
      billing.edge.commands.call(
        'billing',
        'account.put',
        { orgId, userId, account: changed },
        OPTIONS,
      );
    expect(await get()).toBeNull();
    expect(await put(account)).toEqual(account);
    await put(account);
    expect(await auditOf(orgId)).toHaveLength(1);
    await put({ ...account, city: null });
    expect(await get()).toEqual({ ...account, city: null });
    expect(await auditOf(orgId)).toHaveLength(2);
  });
});
