import type { RateCard } from '../../apps/billing/src/domain/rate-book';
import type { Settlement } from '../../apps/billing/src/domain/settlement';
import {
  HoldsStore,
  type HoldCounts,
  type HoldRequest,
  type OpenHold,
} from '../../apps/billing/src/holds.store';
import { RateCardsStore } from '../../apps/billing/src/rate-cards.store';
import type { Hold, SimDatabase, Wallet } from './sim-database';
import type { SimProcess } from './sim-process';

const isCharge = (action: Settlement['action']): boolean =>
  action === 'charge' || action === 'charge_whole';

/** `hold_messages`, `settle_accepted_messages`, `expire_meta_holds` and the statements around them, on maps. */
export class SimHolds extends HoldsStore {
  constructor(
    private readonly process: SimProcess,
    private readonly tables: SimDatabase,
  ) {
    super(undefined as never);
  }

  override hold(requests: readonly HoldRequest[], feeMicroUsd: bigint): Promise<readonly number[]> {
    return this.process.store('hold', () => {
      const refused = requests.flatMap((request, index) =>
        this.holdOne(request, feeMicroUsd) ? [] : [index],
      );
      this.tables.checkMoney();
      return refused;
    });
  }

  override settle(
    settlements: readonly Settlement[],
    feeMicroUsd: bigint,
    nowMs: number,
  ): Promise<{ charged: number; ended: number }> {
    return this.process.store('settle money', () => {
      const counts = { charged: 0, ended: 0 };
      for (const settlement of settlements) {
        if (this.charge(settlement, feeMicroUsd)) counts.charged += 1;
        if (this.endHold(settlement, feeMicroUsd, nowMs)) counts.ended += 1;
        if (settlement.action === 'release') this.tables.released.add(settlement.messageId);
      }
      this.tables.checkMoney();
      return counts;
    });
  }

  /** The ledger alone, for a planted bug: the balance follows in another statement. */
  enterOnly(settlements: readonly Settlement[], feeMicroUsd: bigint): Promise<void> {
    return this.process.store('enter', () => {
      for (const { messageId, orgId, action } of settlements) {
        if (isCharge(action) && feeMicroUsd > 0n && !this.tables.ledger.has(messageId)) {
          this.tables.ledger.set(messageId, { orgId, amount: feeMicroUsd });
        }
      }
      this.tables.checkMoney();
    });
  }

  override expireMetaHolds(timeMs: number, countMax: number): Promise<number> {
    return this.process.store('expire meta holds', () => {
      const due = [...this.tables.metaHolds]
        .filter(([, { heldAtMs }]) => heldAtMs <= timeMs)
        .sort(([, one], [, other]) => one.heldAtMs - other.heldAtMs)
        .slice(0, countMax);
      for (const [messageId, { orgId, amount }] of due) {
        this.tables.metaHolds.delete(messageId);
        this.walletOf(orgId).held -= amount;
      }
      this.tables.checkMoney();
      return due.length;
    });
  }

  override claimDue(nowMs: number, leaseMs: number, countMax: number): Promise<OpenHold[]> {
    return this.process.store('claim due', () =>
      this.open(({ askAtMs, unknownSinceMs }) => askAtMs <= nowMs && unknownSinceMs === null)
        .slice(0, countMax)
        .map((open) => {
          const hold = this.tables.holds.get(open.messageId);
          if (hold) hold.askAtMs = nowMs + leaseMs;
          return open;
        }),
    );
  }

  override unknownSince(timeMs: number, countMax: number): Promise<OpenHold[]> {
    return this.process.store('unknown since', () =>
      this.open(({ unknownSinceMs }) => unknownSinceMs !== null && unknownSinceMs <= timeMs).slice(
        0,
        countMax,
      ),
    );
  }

  override count(): Promise<HoldCounts> {
    return Promise.resolve({ held: 0, unknown: 0, oldestAtMs: null });
  }

  override forgetReleased(): Promise<number> {
    return Promise.resolve(0);
  }

  private open(
    isWanted: (hold: { askAtMs: number; unknownSinceMs: number | null }) => boolean,
  ): OpenHold[] {
    return [...this.tables.holds]
      .filter(([, hold]) => isWanted(hold))
      .map(([messageId, { orgId, appId }]) => ({ messageId, orgId, appId }));
  }

  private holdOne(request: HoldRequest, feeMicroUsd: bigint): boolean {
    const { messageId, orgId, appId, amountMicroUsd: amount, askAtMs } = request;
    const { holds, ledger, released, wallets } = this.tables;
    if (holds.has(messageId) || ledger.has(messageId) || released.has(messageId)) return true;
    const wallet = wallets.get(orgId);
    const available = wallet ? wallet.balance - wallet.held : 0n;
    if (amount === 0n) return available > 0n;
    if (!wallet || available < atLeastOne(feeMicroUsd)) return false;
    holds.set(messageId, { orgId, appId, amount, askAtMs, unknownSinceMs: null });
    wallet.held += amount;
    return true;
  }

  private charge({ messageId, orgId, action }: Settlement, feeMicroUsd: bigint): boolean {
    const wallet = this.walletOf(orgId);
    const isDue = isCharge(action) && feeMicroUsd > 0n;
    if (!isDue || this.tables.ledger.has(messageId)) return false;
    this.tables.ledger.set(messageId, { orgId, amount: feeMicroUsd });
    wallet.balance -= feeMicroUsd;
    return true;
  }

  private endHold(
    { messageId, orgId, action }: Settlement,
    feeMicroUsd: bigint,
    nowMs: number,
  ): boolean {
    const { holds } = this.tables;
    const hold = holds.get(messageId);
    if (hold?.orgId !== orgId) return false;
    if (action === 'unknown') {
      hold.unknownSinceMs ??= nowMs;
      return false;
    }
    holds.delete(messageId);
    this.walletOf(orgId).held -= hold.amount;
    if (action === 'charge') this.keepMetaPart(messageId, hold, feeMicroUsd, nowMs);
    return true;
  }

  /** What is held beyond the infrastructure fee goes on being held for Meta's. */
  private keepMetaPart(
    messageId: string,
    { orgId, amount: held }: Hold,
    feeMicroUsd: bigint,
    nowMs: number,
  ): void {
    const { metaHolds } = this.tables;
    if (held <= atLeastOne(feeMicroUsd) || metaHolds.has(messageId)) return;
    const amount = held - feeMicroUsd;
    metaHolds.set(messageId, { orgId, amount, heldAtMs: nowMs });
    this.walletOf(orgId).held += amount;
  }

  /** Opened when it is missing: what Meta accepted is charged. */
  private walletOf(orgId: string): Wallet {
    const { wallets } = this.tables;
    const wallet = wallets.get(orgId) ?? { credited: 0n, balance: 0n, held: 0n };
    wallets.set(orgId, wallet);
    return wallet;
  }
}

const atLeastOne = (amount: bigint): bigint => (amount > 1n ? amount : 1n);

/** No card was imported: the default is what Meta may charge. */
export class SimRateCards extends RateCardsStore {
  constructor(private readonly process: SimProcess) {
    super(undefined as never);
  }

  override all(): Promise<RateCard[]> {
    return this.process.store('rate cards', () => []);
  }
}
