import { ACCESS_TOKEN, type AccessTokenClaims, type Role } from '@gateway/contracts';
import { ed25519PrivateKey } from '@gateway/platform';
import { SignJWT } from 'jose';
import { ORG_ID, SIGNING_SEED } from './edge-fixture';

export const USER_ID = '0193a8c0-0000-7000-8000-0000000000a1';
const SESSION_ID = '0193a8c0-0000-7000-8000-0000000000a2';

/** An access token as auth makes them. */
export async function accessToken(
  role: Role | null,
  claims: Partial<AccessTokenClaims> = {},
  secondsLeft = 600,
): Promise<string> {
  const { key, keyId } = ed25519PrivateKey(SIGNING_SEED);
  const orgId = role === null ? null : ORG_ID;
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return new SignJWT({ sub: USER_ID, sid: SESSION_ID, ver: 1, org: orgId, role, ...claims })
    .setProtectedHeader({ alg: ACCESS_TOKEN.algorithm, typ: ACCESS_TOKEN.type, kid: keyId })
    .setIssuer(ACCESS_TOKEN.issuer)
    .setAudience(ACCESS_TOKEN.audience)
    .setIssuedAt(nowSeconds - 60)
    .setExpirationTime(nowSeconds + secondsLeft)
    .sign(key);
}
