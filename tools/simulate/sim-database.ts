import type { MessageState } from '@gateway/contracts';
import type { StoredMessage } from '../../apps/dispatcher/src/messages.store';

export type Row = { -readonly [K in keyof Omit<StoredMessage, 'isOwnerAlive'>]: StoredMessage[K] };

export interface Key {
  bodyHash: string;
  messageId: string;
  expiresAtMs: number;
}

export interface Instance {
  readonly slot: number;
  leaseUntilMs: number;
  openSinceMs: number;
}

export interface Hold {
  readonly orgId: string;
  readonly appId: string;
  readonly amount: bigint;
  askAtMs: number;
  unknownSinceMs: number | null;
}

/** What goes on being held for Meta's fee of an accepted message. */
export interface MetaHold {
  readonly orgId: string;
  readonly amount: bigint;
  readonly heldAtMs: number;
}

export interface Wallet {
  readonly credited: bigint;
  balance: bigint;
  held: bigint;
}

const RANK: Readonly<Record<MessageState, number>> = {
  sending: 0,
  unknown: 1,
  accepted: 2,
  rejected: 2,
  expired: 2,
  sent: 3,
  failed: 4,
  delivered: 5,
  read: 6,
};

/** What is durable; every method of a store runs as one statement on it. */
export class SimDatabase {
  readonly messages = new Map<string, Row>();
  readonly keys = new Map<string, Key>();
  readonly instances = new Map<string, Instance>();
  readonly holds = new Map<string, Hold>();
  readonly metaHolds = new Map<string, MetaHold>();
  /** Infrastructure fee by message. */
  readonly ledger = new Map<string, { readonly orgId: string; readonly amount: bigint }>();
  readonly released = new Set<string>();
  readonly wallets = new Map<string, Wallet>();

  constructor(
    orgIds: readonly string[],
    credited: bigint,
    private readonly violated: (text: string) => void,
  ) {
    for (const orgId of orgIds) {
      this.wallets.set(orgId, { credited, balance: credited, held: 0n });
    }
  }

  /** I5 at each change. */
  change(row: Row, state: MessageState): void {
    if (RANK[state] <= RANK[row.state]) {
      this.violated(`I5: message ${row.messageId} went from ${row.state} to ${state}`);
    }
    row.state = state;
  }

  /** I6 after each statement on money. */
  checkMoney(): void {
    for (const [orgId, { credited, balance, held }] of this.wallets) {
      const fees = sum([...this.ledger.values()].filter((fee) => fee.orgId === orgId));
      if (balance !== credited - fees) {
        this.violated(`I6: wallet ${orgId} has ${balance}, its ledger ${credited - fees}`);
      }
      const holds = [...this.holds.values(), ...this.metaHolds.values()];
      const open = sum(holds.filter((hold) => hold.orgId === orgId));
      if (held !== open) this.violated(`I6: wallet ${orgId} holds ${held}, its holds ${open}`);
      if (balance < 0n) this.violated(`I6: wallet ${orgId} is below zero`);
    }
  }
}

const sum = (amounts: readonly { readonly amount: bigint }[]): bigint =>
  amounts.reduce((total, { amount }) => total + amount, 0n);
