import { ACCESS_TOKEN, type AccessTokenClaims } from '@gateway/contracts';
import { ed25519PrivateKey, type Clock, type Ed25519Key } from '@gateway/platform';
import { SignJWT } from 'jose';

/** Makes the tokens that edges check with the public key. */
export class AccessTokenSigner {
  private readonly signing: Ed25519Key;

  constructor(
    seed: Buffer,
    private readonly clock: Clock,
  ) {
    this.signing = ed25519PrivateKey(seed);
  }

  async sign(claims: AccessTokenClaims): Promise<string> {
    const { algorithm, audience, issuer, lifetimeSeconds, type } = ACCESS_TOKEN;
    const nowSeconds = Math.floor(this.clock.nowMs() / 1_000);
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: algorithm, typ: type, kid: this.signing.keyId })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + lifetimeSeconds)
      .sign(this.signing.key);
  }
}
