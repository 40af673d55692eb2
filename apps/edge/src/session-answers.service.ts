import { Injectable } from '@nestjs/common';
import type { ClientOrigin, SessionTokens } from '@gateway/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RefreshDto, TokensDto } from './account.dto';
import { SessionCookie } from './session-cookie';

/** Hands tokens to a client and takes them back: all of them in bodies, or the refresh token in a cookie. */
@Injectable()
export class SessionAnswers {
  constructor(private readonly cookie: SessionCookie) {}

  tokens(reply: FastifyReply, { kind }: ClientOrigin, tokens: SessionTokens): TokensDto {
    const { accessToken, refreshToken, expiresIn } = tokens;
    if (kind === 'native') return { accessToken, refreshToken, expiresIn };
    this.cookie.write(reply, tokens);
    return { accessToken, expiresIn };
  }

  /** A body goes before the cookie: who sends one means it. */
  refreshTokenOf(
    request: FastifyRequest,
    { kind }: ClientOrigin,
    { refreshToken }: RefreshDto,
  ): string | undefined {
    return refreshToken ?? (kind === 'browser' ? this.cookie.read(request) : undefined);
  }

  signedOut(reply: FastifyReply, { kind }: ClientOrigin): void {
    if (kind === 'browser') this.cookie.clear(reply);
  }
}
