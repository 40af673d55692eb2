import { Inject, Injectable } from '@nestjs/common';
import type { SessionTokens } from '@gateway/contracts';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EDGE_CONFIG, type EdgeConfig } from './edge.config';

const NAME = 'refresh_token';
const PATH = '/api/v1/auth';

/** Where a browser keeps its refresh token: no script reads it, no other site sends it. */
@Injectable()
export class SessionCookie {
  constructor(@Inject(EDGE_CONFIG) private readonly config: Pick<EdgeConfig, 'isCookieSecure'>) {}

  read({ headers }: FastifyRequest): string | undefined {
    return parseCookie(headers.cookie ?? '')[NAME];
  }

  write(reply: FastifyReply, { refreshToken, refreshExpiresIn }: SessionTokens): void {
    this.set(reply, refreshToken, refreshExpiresIn);
  }

  clear(reply: FastifyReply): void {
    this.set(reply, '', 0);
  }

  private set(reply: FastifyReply, value: string, maxAge: number): void {
    const cookie = stringifySetCookie({
      name: NAME,
      value,
      maxAge,
      path: PATH,
      httpOnly: true,
      sameSite: 'strict',
      secure: this.config.isCookieSecure,
    });
    void reply.header('set-cookie', cookie);
  }
}
