import { isUuid, type WalletRecord } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { sha256Hex } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { BILLING_SETTINGS, type BillingSettings } from './billing.config';
import { LedgerStore, type CreditRow } from './ledger.store';

const WALLETS_AT_ONCE = 5_000;

/** A credit was asked for with the idempotency key of another amount. */
export class CreditConflictError extends Error {
  override readonly name = 'CreditConflictError';
}

/** Wallets as their owner and operators see them; amounts in micro-dollars. */
@Injectable()
export class WalletService {
  constructor(
    private readonly store: LedgerStore,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
  ) {}

  /**
   * Balance and holds of an organization, null when it has no wallet.
   *
   * @throws AppError GW_003 when the id is no UUID
   */
  async wallet(orgId: string): Promise<WalletRecord | null> {
    refuseNoUuid({ orgId });
    const wallet = await this.store.wallet(orgId);
    return (
      wallet && {
        orgId,
        balanceMicroUsd: wallet.balanceMicroUsd.toString(),
        heldMicroUsd: wallet.heldMicroUsd.toString(),
      }
    );
  }

  /**
   * What was charged for a message so far; zero for a message of another organization.
   *
   * @throws AppError GW_003 when an id is no UUID
   */
  async messageCost(orgId: string, messageId: string): Promise<{ costMicroUsd: string }> {
    refuseNoUuid({ orgId, messageId });
    return { costMicroUsd: (await this.store.costOf(orgId, messageId)).toString() };
  }

  /** Opens the wallet of a new organization, with the signup credit if there is one; repeated, nothing happens. */
  async openWallet(orgId: string): Promise<void> {
    refuseNoUuid({ orgId });
    const { signupCreditMicroUsd } = this.settings;
    await this.store.openWallets([orgId]);
    if (signupCreditMicroUsd > 0n) {
      await this.creditWallet(orgId, signupCreditMicroUsd, 'signup credit', 'signup');
    }
  }

  /**
   * Adds money to a wallet, which is opened if it is missing.
   *
   * @param amountMicroUsd more than zero
   * @param idempotencyKey unique for the organization: repeated with the same amount, nothing happens
   * @param actor who gave it, for the audit log; absent: the gateway itself
   * @returns whether it was entered now
   * @throws CreditConflictError when the key was used with another amount
   */
  async creditWallet(
    orgId: string,
    amountMicroUsd: bigint,
    reason: string,
    idempotencyKey: string,
    actor?: string,
  ): Promise<boolean> {
    const credit = { ...creditRow(orgId, amountMicroUsd, reason, idempotencyKey), actor };
    const [entered] = await this.store.creditOwn(credit);
    if (entered !== undefined) return true;
    if ((await this.store.creditedAmount(credit.transactionId)) !== amountMicroUsd) {
      throw new CreditConflictError('this idempotency key was used with another amount');
    }
    return false;
  }

  /** Gives each of many organizations a wallet with the same amount, which may be zero, once for each reason. */
  async seedWallets(
    orgIds: readonly string[],
    amountMicroUsd: bigint,
    reason = 'seed',
  ): Promise<void> {
    for (let start = 0; start < orgIds.length; start += WALLETS_AT_ONCE) {
      const part = orgIds.slice(start, start + WALLETS_AT_ONCE);
      if (amountMicroUsd === 0n) {
        await this.store.openWallets(part);
        continue;
      }
      await this.store.credit(
        part.map((orgId) => creditRow(orgId, amountMicroUsd, reason, reason)),
      );
    }
  }
}

function creditRow(
  orgId: string,
  amountMicroUsd: bigint,
  reason: string,
  idempotencyKey: string,
): CreditRow {
  if (amountMicroUsd <= 0n) throw new RangeError('a credit is more than zero');
  return {
    transactionId: transactionIdOf(orgId, idempotencyKey),
    orgId,
    amountMicroUsd,
    reason,
  };
}

/** A UUID of version 8 (RFC 9562), so that a credit never meets the id of a message, which is of version 7. */
export function transactionIdOf(orgId: string, idempotencyKey: string): string {
  const hex = sha256Hex(`${orgId}:${idempotencyKey}`);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

export function refuseNoUuid(ids: Readonly<Record<string, unknown>>): void {
  const fields = Object.entries(ids)
    .filter(([, id]) => !isUuid(id))
    .map(([path]) => ({ path, reason: 'must be a UUID' }));
  if (fields.length > 0) throw new AppError('GW_003', { params: { fields } });
}
