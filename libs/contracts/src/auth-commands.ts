import { ACCOUNT_COMMANDS, type AccountCommands } from './account-commands';
import { APPLICATION_COMMANDS, type ApplicationCommands } from './application-commands';
import { ORGANIZATION_COMMANDS, type OrganizationCommands } from './organization-commands';
import type { ApplicationContext, KeyContext, KeyEnvironment } from './tenancy';

/** An API key as a list shows it; the key itself is shown once, at its creation. */
export interface ApiKeyRecord {
  readonly id: string;
  /** Handle of the application. */
  readonly appId: string;
  readonly name: string;
  readonly prefix: 'pk_' | 'sk_';
  readonly last4: string;
  readonly environment: KeyEnvironment;
  readonly isActive: boolean;
  readonly limitPerSecond: number;
  readonly limitPerMinute: number;
  /** Null: no limit. */
  readonly dailyLimit: number | null;
  readonly concurrencyLimit: number | null;
  /** ISO 8601, null when the key does not expire. */
  readonly expiresAt: string | null;
  readonly createdAt: string;
}

/** Whose keys; `userId` is absent when no signed-in user asks. */
interface ByMember {
  readonly orgId: string;
  readonly userId?: string;
}

/** What auth answers. */
export interface AuthCommands extends AccountCommands, ApplicationCommands, OrganizationCommands {
  'key.lookup': {
    request: { keyHash: string };
    /** The watermark version that the answer is at least as new as, so that an older event cannot undo it. */
    reply: {
      version: number;
      key: KeyContext | null;
      application: ApplicationContext | null;
    };
  };
  'keys.create': {
    request: ByMember & {
      appId: string;
      name: string;
      environment: KeyEnvironment;
      expiresAt?: string;
      limitPerSecond?: number;
      limitPerMinute?: number;
      dailyLimit?: number;
      concurrencyLimit?: number;
    };
    reply: ApiKeyRecord & { key: string };
  };
  'keys.list': {
    request: { orgId: string; appId: string; pageNumber: number; pageSize: number };
    reply: { keys: ApiKeyRecord[]; totalCount: number };
  };
  'keys.revoke': { request: ByMember & { appId: string; keyId: string }; reply: null };
}

export const AUTH_COMMANDS = {
  ...ACCOUNT_COMMANDS,
  ...APPLICATION_COMMANDS,
  ...ORGANIZATION_COMMANDS,
  'key.lookup': 'reads',
  'keys.create': 'changes',
  'keys.list': 'reads',
  'keys.revoke': 'changes',
} as const;
