import type { MemberReference } from './organization-commands';
import type { ApplicationStatus } from './tenancy';

/** Which application a member asks about. */
export interface ApplicationReference extends MemberReference {
  /** Handle of the application. */
  readonly appId: string;
}

export interface ApplicationSummary {
  /** UUID. */
  readonly id: string;
  /** Handle. */
  readonly appId: string;
  readonly displayName: string;
  readonly status: ApplicationStatus;
}

/** Whom to call about an application. */
interface ApplicationContact {
  readonly name: string | null;
  readonly email: string | null;
  readonly phoneNumber: string | null;
}

export interface ChannelRecord {
  readonly platform: 'whatsapp';
  readonly id: string;
  /** As Meta shows it; null when Meta has not told. */
  readonly phoneNumber: string | null;
  readonly phoneNumberId: string;
  readonly wabaId: string;
  readonly businessUsername: string | null;
  readonly verifiedName: string | null;
}

export interface ApplicationRecord extends ApplicationSummary {
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly contact: ApplicationContact | null;
  readonly channel: ChannelRecord | null;
}

export interface TestNumberRecord {
  readonly id: string;
  /** Handle of the application. */
  readonly appId: string;
  readonly title: string | null;
  /** E.164 with +. */
  readonly phoneNumber: string;
}

/** Applications, their channels and test numbers. */
export interface ApplicationCommands {
  'applications.list': { request: MemberReference; reply: ApplicationSummary[] };
  'application.create': {
    request: MemberReference & { applicationName: string };
    reply: ApplicationRecord;
  };
  'application.get': { request: ApplicationReference; reply: ApplicationRecord };
  'application.change': {
    request: ApplicationReference & {
      applicationName?: string;
      contact?: { name?: string | null; email?: string | null; phoneNumber?: string | null };
    };
    reply: ApplicationRecord;
  };
  'channel.connect': {
    /** One of `accessToken` and `code` (of Meta's Embedded Signup). */
    request: ApplicationReference & {
      phoneNumberId: string;
      wabaId: string;
      accessToken?: string;
      code?: string;
    };
    reply: ChannelRecord;
  };
  'test-numbers.list': { request: ApplicationReference; reply: TestNumberRecord[] };
  'test-number.add': {
    request: ApplicationReference & { phoneNumber: string; title: string | null };
    reply: TestNumberRecord;
  };
  'test-number.change': {
    request: ApplicationReference & { id: string; title: string | null };
    reply: TestNumberRecord;
  };
  'test-number.remove': { request: ApplicationReference & { id: string }; reply: null };
}

export const APPLICATION_COMMANDS = {
  'applications.list': 'reads',
  'application.create': 'changes',
  'application.get': 'reads',
  'application.change': 'changes',
  'channel.connect': 'changes',
  'test-numbers.list': 'reads',
  'test-number.add': 'changes',
  'test-number.change': 'changes',
  'test-number.remove': 'changes',
} as const;
