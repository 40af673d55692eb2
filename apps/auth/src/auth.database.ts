import type { DatabaseDefinition } from '@gateway/platform';
import { CreateTenancy1795300000001 } from './migrations/1795300000001-create-tenancy';
import { CreateAuditLog1795300000002 } from './migrations/1795300000002-create-audit-log';
import { CreatePublication1795300000003 } from './migrations/1795300000003-create-publication';
import { CreateAccounts1795300000004 } from './migrations/1795300000004-create-accounts';
import { CreateSelfService1795300000005 } from './migrations/1795300000005-create-self-service';

/** The schema that this service alone reads and writes. */
export const AUTH_DATABASE: DatabaseDefinition = {
  schema: 'auth',
  migrations: [
    CreateTenancy1795300000001,
    CreateAuditLog1795300000002,
    CreatePublication1795300000003,
    CreateAccounts1795300000004,
    CreateSelfService1795300000005,
  ],
  appendOnlyTables: ['audit_entries'],
  tenantTables: {
    allowed_origins: 'organization_id',
    api_keys: 'organization_id',
    applications: 'organization_id',
    audit_entries: 'organization_id',
    channels: 'organization_id',
    invitations: 'organization_id',
    memberships: 'organization_id',
    organizations: 'id',
    test_numbers: 'organization_id',
  },
};
