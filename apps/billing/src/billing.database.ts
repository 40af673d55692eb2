import type { DatabaseDefinition } from '@gateway/platform';
import { CreateWallets1764000000000 } from './migrations/1764000000000-create-wallets';
import { CreateHoldAndSettle1764000000001 } from './migrations/1764000000001-create-hold-and-settle';
import { CreateMetaFees1795900000000 } from './migrations/1795900000000-create-meta-fees';
import { CreateAccounts1795900000001 } from './migrations/1795900000001-create-accounts';
import { UsageOfSessions1796400000000 } from './migrations/1796400000000-usage-of-sessions';

export const BILLING_DATABASE: DatabaseDefinition = {
  schema: 'billing',
  migrations: [
    CreateWallets1764000000000,
    CreateHoldAndSettle1764000000001,
    CreateMetaFees1795900000000,
    CreateAccounts1795900000001,
    UsageOfSessions1796400000000,
  ],
  appendOnlyTables: ['ledger_transactions', 'audit_log'],
  tenantTables: {
    accounts: 'org_id',
    audit_log: 'org_id',
    holds: 'org_id',
    ledger_checkpoints: 'org_id',
    ledger_transactions: 'org_id',
    meta_holds: 'org_id',
    usage_hours: 'org_id',
    wallets: 'org_id',
  },
};
