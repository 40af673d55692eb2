import { Body, Get, Post, Res } from '@nestjs/common';
import type { ClientOrigin, OrganizationRecord } from '@gateway/contracts';
import type { FastifyReply } from 'fastify';
import { RegistrationDto, TokensDto, UserDto } from './account.dto';
import { Answers, NativeClientHeader } from './answers';
import { Client } from './client-origin';
import type { SignedInUser } from './domain/access';
import { Access, ManagementController, OpenToAnybody, SignedIn } from './management-api';
import { OrganizationDto } from './organization.dto';
import { OwnersService } from './owners.service';
import { SessionAnswers } from './session-answers.service';

/** Users: somebody registers, and what he is told of himself. */
@ManagementController('users', 'account')
export class UsersController {
  constructor(
    private readonly owners: OwnersService,
    private readonly answers: SessionAnswers,
  ) {}

  @Post('register')
  @OpenToAnybody()
  @NativeClientHeader()
  @Answers({
    summary: 'Register',
    status: 201,
    data: TokensDto,
    codes: ['GW_011', 'RATE_003'],
    isOpen: true,
  })
  async register(
    @Body() { firstName, lastName, email, password }: RegistrationDto,
    @Client() client: ClientOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokensDto> {
    const request = { firstName, lastName, email, password, client };
    const tokens = await this.owners.ask('auth', 'user.register', request, null);
    return this.answers.tokens(reply, client, tokens);
  }

  @Get('me')
  @Access('account')
  @Answers({ summary: 'The signed-in user', data: UserDto })
  async me(@SignedIn() { userId }: SignedInUser): Promise<UserDto> {
    const { phoneNumber, ...user } = await this.owners.ask('auth', 'user.get', { userId }, userId);
    return phoneNumber === null ? user : { ...user, phoneNumber };
  }

  @Get('me/organizations')
  @Access('account')
  @Answers({ summary: 'Organizations of the signed-in user', data: [OrganizationDto] })
  organizations(@SignedIn() { userId }: SignedInUser): Promise<OrganizationRecord[]> {
    return this.owners.ask('auth', 'user.organizations', { userId }, userId);
  }
}
