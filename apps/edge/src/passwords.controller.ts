import { Body, Post, Req, Res } from '@nestjs/common';
import type { ClientOrigin } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  CodeSentDto,
  CodeVerifiedDto,
  PasswordChangeDto,
  PasswordResetDto,
  SendCodeDto,
  TokensDto,
  VerifyCodeDto,
} from './account.dto';
import { AccessTokensService } from './access-tokens.service';
import { Answers, NativeClientHeader } from './answers';
import { Client } from './client-origin';
import type { SignedInUser } from './domain/access';
import { countHeaders } from './domain/authorization';
import { Access, ManagementController, OpenToAnybody, SignedIn } from './management-api';
import { OwnersService } from './owners.service';
import { SessionAnswers } from './session-answers.service';

const CODE_SECONDS = 120;

/** Passwords, and the codes that stand in for a forgotten one. */
@ManagementController('auth', 'account')
export class PasswordsController {
  constructor(
    private readonly owners: OwnersService,
    private readonly answers: SessionAnswers,
    private readonly accessTokens: AccessTokensService,
  ) {}

  @Post('password/change')
  @Access('account')
  @NativeClientHeader()
  @Answers({
    summary: 'Change the own password',
    description: 'Every other session ends.',
    data: TokensDto,
    codes: ['RATE_003'],
  })
  async change(
    @SignedIn() { userId, sessionId }: SignedInUser,
    @Body() { currentPassword, newPassword, confirmPassword }: PasswordChangeDto,
    @Client() client: ClientOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokensDto> {
    checkSame(newPassword, confirmPassword);
    const request = { userId, sessionId, currentPassword, newPassword, client };
    const tokens = await this.owners.ask('auth', 'password.change', request, userId);
    return this.answers.tokens(reply, client, tokens);
  }

  @Post('two-factor/send')
  @OpenToAnybody()
  @Answers({
    summary: 'Send a code by WhatsApp',
    description: 'The answer is the same whether somebody has this number or not.',
    data: CodeSentDto,
    codes: ['AUTH_011', 'RATE_003'],
    isOpen: true,
  })
  async sendCode(
    @Body() { target, type, verificationSource }: SendCodeDto,
    @Client() client: ClientOrigin,
    @Req() request: FastifyRequest,
  ): Promise<CodeSentDto> {
    if (type === 'FORGET_PASSWORD') {
      await this.owners.ask('auth', 'code.send-for-reset', { target, client }, null);
    } else {
      const { userId, sessionId } = await this.userOf(request);
      const wanted = { userId, sessionId, target, client };
      await this.owners.ask('auth', 'code.send-for-phone', wanted, userId);
    }
    return { verificationSource, type, expiresIn: CODE_SECONDS };
  }

  @Post('two-factor/verify')
  @OpenToAnybody()
  @Answers({
    summary: 'Enter a code',
    data: CodeVerifiedDto,
    codes: ['AUTH_011', 'RATE_003', 'GW_011'],
    isOpen: true,
  })
  async verifyCode(
    @Body() { code, type, target }: VerifyCodeDto,
    @Client() client: ClientOrigin,
    @Req() request: FastifyRequest,
  ): Promise<CodeVerifiedDto> {
    const verified =
      type === undefined
        ? await this.verifyPhone(request, code, client)
        : await this.verifyReset(target, code, client);
    if (verified === null) throw wrong('code', 'is wrong, used or expired');
    return verified;
  }

  @Post('password/reset')
  @OpenToAnybody()
  @Answers({
    summary: 'Set a new password',
    description: 'The token is good once; every session of the user ends.',
    codes: ['RATE_003'],
    isOpen: true,
  })
  async reset(
    @Body() { passwordResetToken, newPassword, confirmPassword }: PasswordResetDto,
    @Client() client: ClientOrigin,
  ): Promise<null> {
    checkSame(newPassword, confirmPassword);
    const request = { passwordResetToken, newPassword, client };
    return this.owners.ask('auth', 'password.reset', request, null);
  }

  private async verifyPhone(
    request: FastifyRequest,
    code: string,
    client: ClientOrigin,
  ): Promise<CodeVerifiedDto | null> {
    const { userId, sessionId } = await this.userOf(request);
    const wanted = { userId, sessionId, code, client };
    return this.owners.ask('auth', 'code.verify-for-phone', wanted, userId);
  }

  private verifyReset(
    target: string | undefined,
    code: string,
    client: ClientOrigin,
  ): Promise<CodeVerifiedDto | null> {
    if (target === undefined) throw wrong('target', 'is missing');
    return this.owners.ask('auth', 'code.verify-for-reset', { target, code, client }, null);
  }

  /** Of the form of these two routes that is for signed-in users. @throws AppError AUTH_011 */
  private userOf({ headers, raw }: FastifyRequest): Promise<SignedInUser> {
    const count = countHeaders(raw.rawHeaders, 'authorization');
    return this.accessTokens.authenticate(headers.authorization, count);
  }
}

function checkSame(newPassword: string, confirmPassword: string): void {
  if (newPassword !== confirmPassword) throw wrong('confirmPassword', 'must be the new password');
}

const wrong = (path: string, reason: string): AppError =>
  new AppError('GW_003', { params: { fields: [{ path, reason }] } });
