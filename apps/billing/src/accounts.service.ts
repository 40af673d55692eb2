import {
  LEDGER_KINDS,
  type BillingAccount,
  type CommandRequest,
  type LedgerEntryRecord,
  timeMs,
} from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { Inject, Injectable } from '@nestjs/common';
import { AccountsStore } from './accounts.store';
import { BILLING_SETTINGS, type BillingSettings } from './billing.config';
import {
  CreditConflictError,
  WalletService,
  refuseNoUuid,
  transactionIdOf,
} from './wallet.service';

const TOP_UP_MICRO_USD_MAX = 1_000_000_000_000n;
const AMOUNT = /^[1-9]\d{0,12}$/;
const PAGE_SIZE_MAX = 100;

/** What an organization asks and says of its money. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly store: AccountsStore,
    private readonly wallets: WalletService,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
  ) {}

  /** @throws AppError GW_003 */
  async entries(
    request: CommandRequest<'billing', 'wallet.entries'>,
  ): Promise<{ entries: LedgerEntryRecord[]; totalCount: number }> {
    const { orgId, pageNumber, pageSize, kind, from, to } = request;
    refuseNoUuid({ orgId });
    const isPage = Number.isSafeInteger(pageNumber) && pageNumber > 0;
    const isSize = Number.isSafeInteger(pageSize) && pageSize > 0 && pageSize <= PAGE_SIZE_MAX;
    const isKind = kind === null || LEDGER_KINDS.includes(kind);
    if (!isPage || !isSize || !isKind) throw new AppError('GW_003');
    return this.store.entries({ ...request, from: dateOf(from), to: dateOf(to) });
  }

  /**
   * Takes money by the payment provider. The built-in one, of trial installations, always pays.
   *
   * @throws AppError GW_008 without a provider, GW_007 for a key that was used with another amount, GW_003
   */
  async topUp({
    orgId,
    userId,
    amountMicroUsd,
    idempotencyKey,
  }: CommandRequest<'billing', 'wallet.top-up'>): Promise<LedgerEntryRecord> {
    refuseNoUuid({ orgId, userId });
    const amount = AMOUNT.test(amountMicroUsd) ? BigInt(amountMicroUsd) : 0n;
    if (amount <= 0n || amount > TOP_UP_MICRO_USD_MAX) throw new AppError('GW_003');
    if (this.settings.paymentProvider === 'none') throw new AppError('GW_008');
    const key = `top-up:${idempotencyKey}`;
    try {
      await this.wallets.creditWallet(orgId, amount, 'top-up (test payment)', key, userId);
    } catch (error) {
      throw error instanceof CreditConflictError ? new AppError('GW_007', { cause: error }) : error;
    }
    const entry = await this.store.credit(orgId, transactionIdOf(orgId, key));
    if (!entry) throw new Error('the entry of a top-up is not there');
    return entry;
  }

  account(orgId: string): Promise<BillingAccount | null> {
    refuseNoUuid({ orgId });
    return this.store.account(orgId);
  }

  async putAccount(
    orgId: string,
    userId: string,
    account: BillingAccount,
  ): Promise<BillingAccount> {
    refuseNoUuid({ orgId, userId });
    await this.store.putAccount(orgId, account, userId);
    return account;
  }
}

function dateOf(text: string | null): Date | null {
  if (text === null) return null;
  const atMs = timeMs(text);
  if (atMs === null) throw new AppError('GW_003');
  return new Date(atMs);
}
