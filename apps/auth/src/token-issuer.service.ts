import { createHmac } from 'node:crypto';
import { ACCESS_TOKEN, type SessionTokens } from '@gateway/contracts';
import { RANDOM, isEqualConstantTime, type Random } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { AccessTokenSigner } from './access-token-signer';
import { Credentials } from './credentials';
import { formatRefreshToken, type RefreshTokenParts } from './domain/refresh-token';
import type { MembershipRow } from './memberships.store';
import type { SessionRow } from './sessions.store';

const REFRESH_SECRET_BYTES = 32;

type SessionId = Pick<SessionRow, 'id' | 'userId'>;

/** Makes the tokens of a session. A refresh token follows from the session's secret and its number: none is stored. */
@Injectable()
export class TokenIssuer {
  constructor(
    private readonly credentials: Credentials,
    private readonly signer: AccessTokenSigner,
    @Inject(RANDOM) private readonly random: Random,
  ) {}

  /** The secret of a new session, sealed. */
  newSecret(session: SessionId): Buffer {
    const secret = this.random.bytes(REFRESH_SECRET_BYTES).toString('base64');
    return this.credentials.seal(placeOf(session), secret);
  }

  /** The tokens of a session as it is now, with the rights that its user has now. */
  async tokens(
    session: SessionRow,
    membership: MembershipRow | null,
    at: Date,
  ): Promise<SessionTokens> {
    const { id: sessionId, userId, generation, tokenVersion, expiresAt } = session;
    const accessToken = await this.signer.sign({
      sub: userId,
      sid: sessionId,
      ver: tokenVersion,
      org: membership?.orgId ?? null,
      role: membership?.role ?? null,
    });
    const proof = this.proof(session, generation);
    return {
      accessToken,
      refreshToken: formatRefreshToken({ sessionId, generation, proof }),
      expiresIn: ACCESS_TOKEN.lifetimeSeconds,
      refreshExpiresIn: Math.floor((expiresAt.getTime() - at.getTime()) / 1_000),
    };
  }

  /** Whether the session made this token, now or before. */
  isGenuine(session: SessionRow, { generation, proof }: RefreshTokenParts): boolean {
    return isEqualConstantTime(this.proof(session, generation), proof);
  }

  private proof(session: SessionRow, generation: number): string {
    const secret = this.credentials.open(placeOf(session), session.sealedRefreshSecret);
    return createHmac('sha256', Buffer.from(secret, 'base64'))
      .update(`${session.id}.${generation}`)
      .digest('base64url');
  }
}

const placeOf = ({ id, userId }: SessionId) =>
  ({ orgId: userId, table: 'sessions', rowId: id, field: 'refresh_secret' }) as const;
