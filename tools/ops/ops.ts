import { openDatabase } from '@gateway/platform';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { BILLING_DATABASE } from '../../apps/billing/src/billing.database';
import { parseUsd } from '../../apps/billing/src/domain/money';
import { parseRateCard } from '../../apps/billing/src/domain/rate-card-csv';
import { LedgerStore } from '../../apps/billing/src/ledger.store';
import { RateCardsStore } from '../../apps/billing/src/rate-cards.store';
import { WalletService } from '../../apps/billing/src/wallet.service';
import type { OpsConfig } from './ops.config';

const USAGE = `usage:
  npm run ops -- rate-cards import FILE --effective YYYY-MM-DD
  npm run ops -- wallet credit ORGANIZATION_ID USD --reason TEXT --key TEXT`;

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The command is not one of these, or lacks something. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(reason?: string) {
    super(reason === undefined ? USAGE : `${reason}\n${USAGE}`);
  }
}

interface Call {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | undefined>>;
}

/**
 * Carries out one command of an operator on billing's database.
 *
 * @param operator name of who does it, for the audit log
 * @returns what is to be printed
 */
export async function runOps(
  args: readonly string[],
  config: OpsConfig,
  operator: string,
): Promise<string> {
  const call = callOf(args);
  const [area, verb] = call.words;
  const command = COMMANDS[`${area} ${verb}`];
  if (!command) throw new UsageError();
  const dataSource = await openDatabase({
    url: config.databaseUrl,
    definition: BILLING_DATABASE,
    poolMax: 1,
    service: 'ops',
  });
  try {
    return await command(dataSource, call, operator);
  } finally {
    await dataSource.destroy();
  }
}

type Command = (dataSource: DataSource, call: Call, operator: string) => Promise<string>;

const COMMANDS: Readonly<Record<string, Command | undefined>> = {
  'rate-cards import': importRateCard,
  'wallet credit': creditWallet,
};

async function importRateCard(dataSource: DataSource, { words, options }: Call): Promise<string> {
  const file = words[2];
  const { effective = '' } = options;
  if (file === undefined) throw new UsageError('FILE is missing');
  if (!DAY.test(effective) || Number.isNaN(Date.parse(effective))) {
    throw new UsageError('--effective must be a day');
  }
  const rates = parseRateCard(readFileSync(file, 'utf8'));
  const card = { effectiveOn: effective, source: file, isSample: false, rates };
  await new RateCardsStore(dataSource).replace(card);
  const markets = new Set(rates.map(({ market }) => market)).size;
  return `${rates.length} rates of ${markets} markets hold from ${effective} on`;
}

async function creditWallet(
  dataSource: DataSource,
  { words, options }: Call,
  operator: string,
): Promise<string> {
  const [, , orgId = '', usd = ''] = words;
  const { reason, key } = options;
  const amount = parseUsd(usd);
  if (amount === null || amount <= 0n) throw new UsageError('USD must be more than zero');
  if (!reason || !key) throw new UsageError('--reason and --key are needed');
  const nothing = { feeMicroUsd: 0n, defaultMetaFeeMicroUsd: 0n, signupCreditMicroUsd: 0n };
  const wallets = new WalletService(new LedgerStore(dataSource), {
    ...nothing,
    paymentProvider: 'none',
  });
  await wallets.wallet(orgId);
  const actor = `operator:${operator}`;
  const isNew = await wallets.creditWallet(orgId, amount, reason, `ops:${key}`, actor);
  return isNew ? `${usd} USD credited` : 'credited before with this key; nothing was done';
}

function callOf(args: readonly string[]): Call {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        effective: { type: 'string' },
        reason: { type: 'string' },
        key: { type: 'string' },
      },
    });
    return { words: positionals, options: values };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : undefined);
  }
}
