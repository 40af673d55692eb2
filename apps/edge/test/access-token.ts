import { createPrivateKey } from 'node:crypto';
import { ACCESS_TOKEN, type AccessTokenClaims, type Role } from '@gateway/contracts';
import { ed25519PrivateKey } from '@gateway/platform';
import { SignJWT, UnsecuredJWT } from 'jose';
import { ORG_ID, SIGNING_SEED } from './edge-fixture';

export const USER_ID = '0193a8c0-0000-7000-8000-0000000000aa';
export const SESSION_ID = '0193a8c0-0000-7000-8000-0000000000bb';

interface TokenOptions {
  readonly role?: Role | null;
  readonly orgId?: string;
  readonly claims?: Partial<AccessTokenClaims> & Record<string, unknown>;
  readonly header?: Record<string, string>;
  readonly expiresInSeconds?: number;
  readonly seed?: Buffer;
}

/** An access token as auth signs it, or with one thing wrong. */
export function accessToken(options: TokenOptions = {}): Promise<string> {
  const { role = 'owner', orgId = ORG_ID, claims, header, seed = SIGNING_SEED } = options;
  const { key, keyId } = ed25519PrivateKey(seed);
  const org = role === null ? null : orgId;
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return new SignJWT({ sub: USER_ID, sid: SESSION_ID, ver: 1, org, role, ...issued(), ...claims })
    .setProtectedHeader({
      alg: ACCESS_TOKEN.algorithm,
      typ: ACCESS_TOKEN.type,
      kid: keyId,
      ...header,
    })
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + (options.expiresInSeconds ?? ACCESS_TOKEN.lifetimeSeconds))
    .sign(createPrivateKey(key.export({ format: 'pem', type: 'pkcs8' })));
}

const issued = () => ({ iss: ACCESS_TOKEN.issuer, aud: ACCESS_TOKEN.audience });

/** One that nobody signed. */
export const unsignedToken = (): string =>
  new UnsecuredJWT({ sub: USER_ID, sid: SESSION_ID, ver: 1, org: null, role: null, ...issued() })
    .setIssuedAt()
    .setExpirationTime('5m')
    .encode();
