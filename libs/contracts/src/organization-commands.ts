import type { Role } from './access-token';
import type { SessionReference, SessionTokens } from './account-commands';

/** Who asks, for which organization: from his access token. */
export interface MemberReference {
  readonly userId: string;
  readonly orgId: string;
}

export interface MemberRecord {
  readonly id: string;
  readonly email: string;
  /** Null while he is only invited. */
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly role: Role;
  readonly state: 'ACTIVE' | 'INVITED';
  readonly createdAt: string;
}

/** Organizations and their members. */
export interface OrganizationCommands {
  'organization.create': {
    request: SessionReference & {
      organizationName: string;
      organizationWebsite: string | null;
      businessRole: string;
      accountType: string;
    };
    reply: SessionTokens;
  };
  'organization.contact': {
    request: MemberReference;
    reply: { name: string; email: string; phoneNumber: string | null } | null;
  };
  'members.list': { request: MemberReference; reply: MemberRecord[] };
  'member.invite': {
    request: MemberReference & { email: string; role: Role };
    reply: MemberRecord;
  };
  'member.accept': { request: SessionReference & { inviteToken: string }; reply: SessionTokens };
  'member.change': {
    request: MemberReference & { memberId: string; role: Role };
    reply: MemberRecord;
  };
  'member.remove': { request: MemberReference & { memberId: string }; reply: null };
  'origins.list': { request: MemberReference; reply: { origins: string[] } };
  'origin.add': { request: MemberReference & { origin: string }; reply: null };
  'origin.remove': { request: MemberReference & { origin: string }; reply: null };
}

export const ORGANIZATION_COMMANDS = {
  'organization.create': 'changes',
  'organization.contact': 'reads',
  'members.list': 'reads',
  'member.invite': 'changes',
  'member.accept': 'changes',
  'member.change': 'changes',
  'member.remove': 'changes',
  'origins.list': 'reads',
  'origin.add': 'changes',
  'origin.remove': 'changes',
} as const;
