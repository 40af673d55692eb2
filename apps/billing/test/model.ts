import type { Pricing } from '../src/domain/pricing';
import type { Settlement } from '../src/domain/settlement';
import type { HoldRequest } from '../src/holds.store';

interface ModelWallet {
  balance: bigint;
  held: bigint;
}

/** What wallets, holds and ledger should be, in the plainest words: one message after the other. */
export class MoneyModel {
  readonly wallets = new Map<string, ModelWallet>();
  readonly holds = new Map<string, { orgId: string; amount: bigint }>();
  /** What goes on being held for Meta's fee after the acceptance. */
  readonly metaHolds = new Map<string, bigint>();
  readonly charged = new Set<string>();
  readonly metaCharged = new Set<string>();
  readonly released = new Set<string>();

  constructor(private readonly fee: bigint) {}

  credit(orgId: string, amount: bigint): void {
    const wallet = this.wallets.get(orgId) ?? { balance: 0n, held: 0n };
    wallet.balance += amount;
    this.wallets.set(orgId, wallet);
  }

  hold(requests: readonly HoldRequest[]): number[] {
    return requests.flatMap((request, index) => (this.holdOne(request) ? [] : [index]));
  }

  settle(settlements: readonly Settlement[]): void {
    for (const { messageId, orgId, action } of settlements) {
      const wallet = this.wallets.get(orgId);
      if (!wallet || action === 'unknown') continue;
      const hold = this.holds.get(messageId);
      if (hold) {
        wallet.held -= hold.amount;
        this.holds.delete(messageId);
        if (action === 'charge' && hold.amount > this.fee && !this.metaHolds.has(messageId)) {
          wallet.held += hold.amount - this.fee;
          this.metaHolds.set(messageId, hold.amount - this.fee);
        }
      }
      if (action === 'release') this.released.add(messageId);
      if (action === 'charge' && !this.charged.has(messageId)) {
        wallet.balance -= this.fee;
        this.charged.add(messageId);
      }
    }
  }

  price(pricings: readonly Pricing[]): void {
    for (const { messageId, orgId, fee } of pricings) {
      const wallet = this.wallets.get(orgId);
      if (!wallet) continue;
      const hold = this.holds.get(messageId);
      if (hold && hold.amount > this.fee) {
        wallet.held -= hold.amount - this.fee;
        hold.amount = this.fee;
      }
      wallet.held -= this.metaHolds.get(messageId) ?? 0n;
      this.metaHolds.delete(messageId);
      if (fee && !this.metaCharged.has(messageId)) {
        wallet.balance -= fee.amountMicroUsd;
        this.metaCharged.add(messageId);
      }
    }
  }

  private holdOne({ messageId, orgId, amountMicroUsd }: HoldRequest): boolean {
    const isKnown =
      this.holds.has(messageId) || this.charged.has(messageId) || this.released.has(messageId);
    if (isKnown) return true;
    const wallet = this.wallets.get(orgId);
    if (!wallet) return false;
    const available = wallet.balance - wallet.held;
    if (available <= 0n) return false;
    if (amountMicroUsd === 0n) return true;
    if (available < this.fee) return false;
    wallet.held += amountMicroUsd;
    this.holds.set(messageId, { orgId, amount: amountMicroUsd });
    return true;
  }
}
