import { testDatabase, type TestDatabase } from '@gateway/testing';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BILLING_DATABASE } from '../../apps/billing/src/billing.database';
import { LedgerStore } from '../../apps/billing/src/ledger.store';
import { RateCardsStore } from '../../apps/billing/src/rate-cards.store';
import { UsageError, runOps } from './ops';

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await testDatabase(BILLING_DATABASE);
  folder = mkdtempSync(join(tmpdir(), 'ops-'));
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database.close();
});

const run = (...args: string[]) => runOps(args, { databaseUrl: database.url }, 'kim');

const fileOf = (csv: string): string => {
  const path = join(folder, `${randomUUID()}.csv`);
  writeFileSync(path, csv);
  return path;
};

describe('npm run ops', () => {
  it('imports a rate card, and again in place of the one of the same day', async () => {
    const header = 'Market,Currency,Marketing,Utility';
    for (const rate of ['0.01', '0.02']) {
      const file = fileOf(`"Cost per message in USD",,,\n${header}\nTurkey,$US,${rate},n/a\n`);
      expect(await run('rate-cards', 'import', file, '--effective', '2026-10-01')).toBe(
        '1 rates of 1 markets hold from 2026-10-01 on',
      );
    }
    expect(await new RateCardsStore(database.dataSource).all()).toEqual([
      {
        effectiveAtMs: Date.parse('2026-10-01'),
        rates: [{ market: 'Turkey', category: 'marketing', amountMicroUsd: 20_000n }],
      },
    ]);
  });

  it('credits a wallet once for a key, and writes down who did', async () => {
    const orgId = randomUUID();
    const credit = () =>
      run('wallet', 'credit', orgId, '12.50', '--reason', 'transfer 7', '--key', 't7');
    expect(await credit()).toBe('12.50 USD credited');
    expect(await credit()).toContain('nothing was done');
    const ledger = new LedgerStore(database.dataSource);
    expect((await ledger.wallet(orgId))?.balanceMicroUsd).toBe(12_500_000n);
    const audited = await database.dataSource.query<object[]>(
      'select actor, action, details from billing.audit_log where org_id = $1',
      [orgId],
    );
    expect(audited).toMatchObject([
      {
        actor: 'operator:kim',
        action: 'wallet.credit',
        details: { amountMicroUsd: '12500000', reason: 'transfer 7' },
      },
    ]);
  });

  it.each([
    [[]],
    [['rate-cards', 'import']],
    [['rate-cards', 'import', 'x.csv', '--effective', 'soon']],
    [['wallet', 'credit', randomUUID(), '-5', '--reason', 'r', '--key', 'k']],
    [['wallet', 'credit', randomUUID(), '5']],
    [['wallet', 'credit', randomUUID(), '5', '--unknown', 'x']],
  ])('says what it needs for %j', async (args) => {
    await expect(run(...args)).rejects.toThrow(UsageError);
  });

  it('refuses an organization that is no id', async () => {
    await expect(
      run('wallet', 'credit', 'me', '5', '--reason', 'r', '--key', 'k'),
    ).rejects.toMatchObject({ code: 'GW_003' });
  });
});
