import type { Role } from './access-token';

/** Where a request came from, as the edge saw it; only for throttling and the list of sessions. */
export interface ClientOrigin {
  /** IP address. */
  readonly address: string;
  readonly kind: 'browser' | 'native';
}

/** What a signed-in client holds. */
export interface SessionTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds that the access token is good for. */
  readonly expiresIn: number;
  /** Seconds until the session ends at the latest. */
  readonly refreshExpiresIn: number;
}

/** Who is signed in, in which session. */
export interface SessionReference {
  readonly userId: string;
  readonly sessionId: string;
}

export interface UserRecord {
  readonly id: string;
  readonly email: string;
  readonly state: 'ACTIVE' | 'DISABLED';
  readonly firstName: string;
  readonly lastName: string;
  /** E.164 with +; null until one was verified. */
  readonly phoneNumber: string | null;
}

export interface OrganizationRecord {
  readonly id: string;
  readonly name: string;
  readonly website: string | null;
  readonly accountType: string | null;
  /** What the user is there. */
  readonly role: Role;
  readonly createdAt: string;
}

export interface PasswordResetProof {
  readonly passwordResetToken: string;
  readonly expiresAt: string;
}

/** Accounts and sessions. */
export interface AccountCommands {
  /** Whether tokens of this version of a session are still good. */
  'session.check': {
    request: { sessionId: string; tokenVersion: number };
    reply: { isInForce: boolean };
  };
  'session.open': {
    request: { email: string; password: string; client: ClientOrigin };
    reply: SessionTokens;
  };
  /** Null: the token is not good, or was used up; then the session has ended. */
  'session.refresh': { request: { refreshToken: string }; reply: SessionTokens | null };
  'session.end': { request: SessionReference; reply: null };
  'user.register': {
    request: {
      firstName: string;
      lastName: string;
      email: string;
      password: string;
      client: ClientOrigin;
    };
    reply: SessionTokens;
  };
  'user.get': { request: { userId: string }; reply: UserRecord };
  'user.organizations': { request: { userId: string }; reply: OrganizationRecord[] };
  'password.change': {
    request: SessionReference & {
      currentPassword: string;
      newPassword: string;
      client: ClientOrigin;
    };
    reply: SessionTokens;
  };
  /** Sends a code to the number, if somebody who forgot his password has it; the answer does not tell. */
  'code.send-for-reset': { request: { target: string; client: ClientOrigin }; reply: null };
  'code.send-for-phone': {
    request: SessionReference & { target: string; client: ClientOrigin };
    reply: null;
  };
  'code.verify-for-reset': {
    request: { target: string; code: string; client: ClientOrigin };
    /** Null: the code is wrong, used or expired. */
    reply: PasswordResetProof | null;
  };
  'code.verify-for-phone': {
    request: SessionReference & { code: string; client: ClientOrigin };
    /** Null: the code is wrong, used or expired. */
    reply: { phoneNumber: string } | null;
  };
  /** Ends every session of the user. */
  'password.reset': {
    request: { passwordResetToken: string; newPassword: string; client: ClientOrigin };
    reply: null;
  };
}

export const ACCOUNT_COMMANDS = {
  'session.check': 'reads',
  'session.open': 'changes',
  'session.refresh': 'changes',
  'session.end': 'changes',
  'user.register': 'changes',
  'user.get': 'reads',
  'user.organizations': 'reads',
  'password.change': 'changes',
  'code.send-for-reset': 'changes',
  'code.send-for-phone': 'changes',
  'code.verify-for-reset': 'changes',
  'code.verify-for-phone': 'changes',
  'password.reset': 'changes',
} as const;
