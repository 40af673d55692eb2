import { Inject, Injectable } from '@nestjs/common';
import { ACCESS_TOKEN, parseAccessTokenClaims, type AccessTokenClaims } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { CLOCK, ed25519PublicKey, type Clock } from '@gateway/platform';
import { errors, jwtVerify, type JWTHeaderParameters } from 'jose';
import type { KeyObject } from 'node:crypto';
import type { SignedInUser } from './domain/access';
import { bearerToken } from './domain/authorization';
import { EDGE_CONFIG, type EdgeConfig } from './edge.config';
import { SessionsService } from './sessions.service';

type Keys = Pick<EdgeConfig, 'accessTokenPublicKey' | 'accessTokenPublicKeyPrevious'>;

/** Far above any token of ours: what is longer is not even decoded. */
const TOKEN_LENGTH_MAX = 2_048;
const CLOCK_TOLERANCE_SECONDS = 5;

/** Who is signed in: from the Authorization header to a session that has not ended. */
@Injectable()
export class AccessTokensService {
  private readonly keys: ReadonlyMap<string, KeyObject>;

  constructor(
    private readonly sessions: SessionsService,
    @Inject(EDGE_CONFIG) config: Keys,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    const { accessTokenPublicKey: current, accessTokenPublicKeyPrevious: previous } = config;
    this.keys = new Map(
      [current, ...(previous === undefined ? [] : [previous])]
        .map(ed25519PublicKey)
        .map(({ keyId, key }) => [keyId, key]),
    );
  }

  /**
   * @throws AppError AUTH_011 for a token that is missing, not ours, expired, or of a session that has ended; GW_008
   * when the session cannot be checked
   */
  async authenticate(header: string | undefined, headerCount: number): Promise<SignedInUser> {
    const claims = await this.claimsOf(tokenOf(header, headerCount));
    await this.sessions.check(claims.sid, claims.ver);
    const { sub: userId, sid: sessionId, org: orgId, role } = claims;
    return { userId, sessionId, orgId, role };
  }

  private async claimsOf(token: string): Promise<AccessTokenClaims> {
    const { algorithm, audience, issuer, type } = ACCESS_TOKEN;
    try {
      const { payload } = await jwtVerify(token, (header) => this.keyOf(header), {
        algorithms: [algorithm],
        audience,
        issuer,
        typ: type,
        requiredClaims: ['exp', 'iat', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(this.clock.nowMs()),
      });
      const claims = parseAccessTokenClaims(payload);
      if (claims === null) throw new AppError('AUTH_011');
      return claims;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new AppError('AUTH_011', { cause: error });
      throw error;
    }
  }

  private keyOf({ kid }: JWTHeaderParameters): KeyObject {
    const key = kid === undefined ? undefined : this.keys.get(kid);
    if (key === undefined) throw new AppError('AUTH_011');
    return key;
  }
}

/** @throws AppError AUTH_011: at this door a missing header and a wrong token are one thing */
function tokenOf(header: string | undefined, headerCount: number): string {
  try {
    const token = bearerToken(header, headerCount);
    if (token.length <= TOKEN_LENGTH_MAX) return token;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
  throw new AppError('AUTH_011');
}
