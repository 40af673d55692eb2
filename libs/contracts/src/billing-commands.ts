import type { InsightsRange, UsageOfApplication, UsageOfPeriod } from './insights';

export interface WalletRecord {
  readonly orgId: string;
  /** Micro-dollars as decimal text: exact beyond 2^53. */
  readonly balanceMicroUsd: string;
  readonly heldMicroUsd: string;
}

export const LEDGER_KINDS = ['infrastructure_fee', 'meta_fee', 'credit'] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/** An entry of a wallet's ledger. */
export interface LedgerEntryRecord {
  /** Of a fee the message. */
  readonly id: string;
  readonly kind: LedgerKind;
  /** What the balance changed by, micro-dollars as decimal text. */
  readonly amountMicroUsd: string;
  readonly reason: string | null;
  readonly createdAt: string;
}

/** Who invoices are made out to. */
export interface BillingAccount {
  readonly legalAddress: string;
  readonly taxNumber: string;
  readonly taxOffice: string;
  readonly companyName: string;
  readonly companyLegalTitle: string;
  readonly vatNumber: string;
  readonly additionalNote: string | null;
  readonly city: string | null;
  readonly country: string | null;
}

/** What billing answers. */
export interface BillingCommands {
  'wallet.get': { request: { orgId: string }; reply: WalletRecord | null };
  /** Opens the wallet of a new organization with its sign-up credit; repeated, nothing happens. */
  'wallet.open': { request: { orgId: string }; reply: null };
  'wallet.entries': {
    request: {
      orgId: string;
      pageNumber: number;
      pageSize: number;
      /** ISO 8601; the entries from then on, up to and without then. */
      from: string | null;
      to: string | null;
      kind: LedgerKind | null;
    };
    reply: { entries: LedgerEntryRecord[]; totalCount: number };
  };
  /** Repeated with the same key it is the same entry, with another amount GW_007; GW_008 without a provider. */
  'wallet.top-up': {
    request: { orgId: string; userId: string; amountMicroUsd: string; idempotencyKey: string };
    reply: LedgerEntryRecord;
  };
  'account.get': { request: { orgId: string }; reply: BillingAccount | null };
  'account.put': {
    request: { orgId: string; userId: string; account: BillingAccount };
    reply: BillingAccount;
  };
  'message.cost': {
    request: { orgId: string; messageId: string };
    /** Micro-dollars charged for the message so far, as decimal text. */
    reply: { costMicroUsd: string };
  };
  /** What was charged, by category. */
  'usage.by-period': { request: InsightsRange; reply: readonly UsageOfPeriod[] };
  'usage.by-application': { request: InsightsRange; reply: readonly UsageOfApplication[] };
}

/** Each that changes something is the same when it is carried out again. */
export const BILLING_COMMANDS = {
  'wallet.get': 'reads',
  'wallet.open': 'changes',
  'wallet.entries': 'reads',
  'wallet.top-up': 'changes',
  'account.get': 'reads',
  'account.put': 'changes',
  'message.cost': 'reads',
  'usage.by-period': 'reads',
  'usage.by-application': 'reads',
} as const;
