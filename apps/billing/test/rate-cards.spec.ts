import type { Logger } from '@gateway/platform';
import { FakeClock, testDatabase, type TestDatabase } from '@gateway/testing';
import type { BillingSettings } from '../src/billing.config';
import { BILLING_DATABASE } from '../src/billing.database';
import { RateCardsService } from '../src/rate-cards.service';
import { RateCardsStore } from '../src/rate-cards.store';

const SETTINGS: BillingSettings = {
  feeMicroUsd: 1_000n,
  defaultMetaFeeMicroUsd: 50_000n,
  signupCreditMicroUsd: 0n,
  paymentProvider: 'none',
};

describe('billing at its start', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase(BILLING_DATABASE);
  });
  afterAll(() => database.close());

  /** What is warned of. */
  async function warnings(settings: BillingSettings): Promise<string[]> {
    const warned: string[] = [];
    const warn = (_fields: object, event: string): void => void warned.push(event);
    const logger = { warn } as unknown as Logger;
    const store = new RateCardsStore(database.dataSource);
    const cards = new RateCardsService(store, settings, new FakeClock(), logger);
    await cards.onApplicationBootstrap();
    return warned;
  }

  it('says that there is no rate card, except where a sample is coming', async () => {
    expect(await warnings(SETTINGS)).toEqual(['rate-cards.none']);
    expect(await warnings({ ...SETTINGS, paymentProvider: 'test' })).toEqual([]);
  });

  it('says nothing once there is one', async () => {
    await database.dataSource.query(
      `insert into rate_cards (effective_on, source, is_sample) values ('2026-01-01', 'test', false)`,
    );
    expect(await warnings(SETTINGS)).toEqual([]);
  });
});
