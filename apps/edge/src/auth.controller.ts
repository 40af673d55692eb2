import { Body, Post, Req, Res } from '@nestjs/common';
import type { ClientOrigin } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NewOrganizationDto, RefreshDto, SignInDto, TokensDto } from './account.dto';
import { Answers, NativeClientHeader } from './answers';
import { Client } from './client-origin';
import type { SignedInUser } from './domain/access';
import { Access, ManagementController, OpenToAnybody, SignedIn } from './management-api';
import { OwnersService } from './owners.service';
import { SessionAnswers } from './session-answers.service';

/** Signing in, staying so, and signing out. */
@ManagementController('auth', 'account')
export class AuthController {
  constructor(
    private readonly owners: OwnersService,
    private readonly answers: SessionAnswers,
  ) {}

  @Post('token')
  @OpenToAnybody()
  @NativeClientHeader()
  @Answers({
    summary: 'Sign in',
    data: TokensDto,
    codes: ['AUTH_010', 'RATE_003'],
    isOpen: true,
  })
  async token(
    @Body() { email, password }: SignInDto,
    @Client() client: ClientOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokensDto> {
    const request = { email, password, client };
    const tokens = await this.owners.ask('auth', 'session.open', request, null);
    return this.answers.tokens(reply, client, tokens);
  }

  @Post('refresh')
  @OpenToAnybody()
  @NativeClientHeader()
  @Answers({
    summary: 'Get the next tokens',
    description:
      'The refresh token is used up; within 20 s it returns the same successor, later its use ends the session.',
    data: TokensDto,
    codes: ['AUTH_012'],
    isOpen: true,
  })
  async refresh(
    @Body() body: RefreshDto,
    @Client() client: ClientOrigin,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokensDto> {
    const refreshToken = this.answers.refreshTokenOf(request, client, body);
    if (refreshToken === undefined) throw new AppError('AUTH_012');
    const tokens = await this.owners.ask('auth', 'session.refresh', { refreshToken }, null);
    if (tokens === null) {
      this.answers.signedOut(reply, client);
      throw new AppError('AUTH_012');
    }
    return this.answers.tokens(reply, client, tokens);
  }

  @Post('logout')
  @Access('account')
  @NativeClientHeader()
  @Answers({ summary: 'Sign out', status: 204 })
  async logout(
    @SignedIn() { userId, sessionId }: SignedInUser,
    @Body() _body: RefreshDto,
    @Client() client: ClientOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.owners.ask('auth', 'session.end', { userId, sessionId }, userId);
    this.answers.signedOut(reply, client);
  }

  @Post('organizations/assign')
  @Access('account')
  @NativeClientHeader()
  @Answers({
    summary: 'Create the own organization',
    description: 'Always a new one, whose owner the caller becomes; a second time is a conflict.',
    data: TokensDto,
    codes: ['GW_011'],
  })
  async assignOrganization(
    @SignedIn() { userId, sessionId }: SignedInUser,
    @Body() { organizationWebsite = null, ...organization }: NewOrganizationDto,
    @Client() client: ClientOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokensDto> {
    const request = { userId, sessionId, organizationWebsite, ...organization };
    const tokens = await this.owners.ask('auth', 'organization.create', request, userId);
    return this.answers.tokens(reply, client, tokens);
  }
}
