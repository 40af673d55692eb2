import { isUuid } from './untrusted';

/** What a member of an organization is there. */
export const ROLES = ['owner', 'admin', 'developer', 'billing', 'read-only'] as const;
export type Role = (typeof ROLES)[number];

/** How access tokens are made by auth and checked by the edge; each token names the key that signed it by `kid`. */
export const ACCESS_TOKEN = {
  algorithm: 'EdDSA',
  type: 'at+jwt',
  issuer: 'whatsapp-gateway/auth',
  audience: 'whatsapp-gateway/api',
  lifetimeSeconds: 15 * 60,
} as const;

/** The claims of an access token, besides those that every token has. */
export interface AccessTokenClaims {
  /** UUID of the user. */
  readonly sub: string;
  /** UUID of the session. */
  readonly sid: string;
  /** Version of the session: one below the published one is no longer good. */
  readonly ver: number;
  /** UUID of the organization, null before there is one. */
  readonly org: string | null;
  /** Null before there is an organization. */
  readonly role: Role | null;
}

/** The claims of a token whose signature was checked, or null when they are not ours. */
export function parseAccessTokenClaims(
  payload: Readonly<Record<string, unknown>>,
): AccessTokenClaims | null {
  const { sub, sid, ver, org, role } = payload;
  if (!isUuid(sub) || !isUuid(sid) || !Number.isSafeInteger(ver)) return null;
  const version = Number(ver);
  if (org === null && role === null) return { sub, sid, ver: version, org, role };
  const known = ROLES.find((each) => each === role);
  return isUuid(org) && known !== undefined ? { sub, sid, ver: version, org, role: known } : null;
}
