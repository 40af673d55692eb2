import { recordOf, type InsightsRange, type PricedPayload } from '@gateway/contracts';
import { testDatabase } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { BILLING_DATABASE } from '../src/billing.database';
import { RateCardsStore } from '../src/rate-cards.store';
import { SAMPLE_CARD } from '../src/sample-rate-card';
import { startBilling, type BillingProcess } from './billing-process';

const FEE = 1_000;
const MARKETING = 10_900;
const today = (): string => new Date().toISOString().slice(0, 10);

let database: Awaited<ReturnType<typeof testDatabase>>;
let instances: BillingProcess[];
beforeAll(async () => {
  database = await testDatabase(BILLING_DATABASE);
  await new RateCardsStore(database.dataSource).replace(SAMPLE_CARD);
  instances = [await startBilling(database.url), await startBilling(database.url)];
});
afterAll(async () => {
  for (const instance of instances) await instance.close();
  await database.close();
});

interface Sent {
  readonly messageId: string;
  readonly orgId: string;
  readonly appId: string;
}

const settled = ({ messageId, orgId, appId }: Sent, isTemplate: boolean) =>
  recordOf('message.settled.v1', appId, {
    messageId,
    orgId,
    appId,
    outcome: 'accepted',
    billable: true,
    isTemplate,
    atMs: Date.now(),
  });

const priced = ({ messageId, orgId, appId }: Sent, more: Partial<PricedPayload> = {}) =>
  recordOf('message.priced.v1', appId, {
    messageId,
    orgId,
    appId,
    wamid: `wamid.${messageId}`,
    market: 'TR',
    category: 'marketing',
    billable: true,
    atMs: Date.now(),
    ...more,
  });

const first = (): BillingProcess => {
  const [instance] = instances;
  if (!instance) throw new Error('no instance');
  return instance;
};

const rangeOf = (orgId: string, more: Partial<InsightsRange> = {}): InsightsRange => ({
  orgId,
  appId: null,
  startDate: '2026-01-01',
  endDate: '2100-01-01',
  granularity: 'monthly',
  ...more,
});

const byPeriod = (range: InsightsRange) =>
  first().edge.commands.call('billing', 'usage.by-period', range, { timeoutMs: 15_000 });
const byApplication = (range: InsightsRange) =>
  first().edge.commands.call('billing', 'usage.by-application', range, { timeoutMs: 15_000 });

describe('usage', () => {
  it('is what the ledger charged, each once however often it is told, by period and application', async () => {
    const orgId = randomUUID();
    const [shop, bank] = [randomUUID(), randomUUID()].sort() as [string, string];
    const sent = (appId: string): Sent => ({ messageId: randomUUID(), orgId, appId });
    const templates = Array.from({ length: 20 }, () => sent(shop));
    const session = [sent(shop), sent(bank)];
    const records = [
      ...templates.map((each) => settled(each, true)),
      ...session.map((each) => settled(each, false)),
      ...templates.slice(0, 12).map((each) => priced(each)),
      ...templates.slice(12, 15).map((each) => priced(each, { billable: false })),
    ];
    await Promise.all(
      instances.map(({ transport }, index) =>
        transport.producer.sendAll(index === 0 ? records : [...records].reverse()),
      ),
    );
    const at = `${today().slice(0, 7)}-01T00:00:00.000Z`;
    const infrastructure = { category: 'infrastructure', messageCount: 20 };
    expect(await byPeriod(rangeOf(orgId))).toEqual([
      { at, ...infrastructure, amountMicroUsd: String(20 * FEE) },
      { at, category: 'infrastructure_session', messageCount: 2, amountMicroUsd: String(2 * FEE) },
      { at, category: 'marketing', messageCount: 12, amountMicroUsd: String(12 * MARKETING) },
    ]);
    const applications = await byApplication(rangeOf(orgId));
    expect(
      applications.map(({ appId, category, messageCount }) => [appId, category, messageCount]),
    ).toEqual([
      [shop, 'infrastructure', 20],
      [shop, 'infrastructure_session', 1],
      [shop, 'marketing', 12],
      [bank, 'infrastructure_session', 1],
    ]);
    const [ledger] = await database.dataSource.query<{ charged: string }[]>(
      'select -sum(amount_micro_usd) as charged from billing.ledger_transactions where org_id = $1',
      [orgId],
    );
    const total = applications.reduce((sum, each) => sum + BigInt(each.amountMicroUsd), 0n);
    expect(String(total)).toBe(ledger?.charged);
    expect(await byPeriod(rangeOf(orgId, { appId: bank }))).toHaveLength(1);
    expect(await byPeriod(rangeOf(orgId, { endDate: '2026-01-02' }))).toEqual([]);
    expect(await byApplication(rangeOf(randomUUID(), { appId: shop }))).toEqual([]);
  });

  it.each<Partial<InsightsRange>>([
    { orgId: 'x' },
    { appId: 'demo' },
    { startDate: 'soon' },
    { granularity: 'yearly' as never },
  ])('refuses %j', async (more) => {
    const range = rangeOf(randomUUID(), more);
    await expect(byPeriod(range)).rejects.toMatchObject({ code: 'GW_003' });
    await expect(byApplication(range)).rejects.toMatchObject({ code: 'GW_003' });
  });
});
