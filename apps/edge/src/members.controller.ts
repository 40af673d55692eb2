import { Body, Delete, Get, Param, Patch, Post, Res } from '@nestjs/common';
import type { ClientOrigin } from '@gateway/contracts';
import type { FastifyReply } from 'fastify';
import { TokensDto } from './account.dto';
import { Answers, NativeClientHeader } from './answers';
import { Client } from './client-origin';
import type { MemberOfOrganization, SignedInUser } from './domain/access';
import { UuidPipe } from './dto.pipe';
import { Access, ManagementController, Member, SignedIn } from './management-api';
import { InviteDto, InviteTokenDto, MemberDto, RoleDto } from './organization.dto';
import { OwnersService } from './owners.service';
import { SessionAnswers } from './session-answers.service';

/** Members of the organization, by invite. */
@ManagementController('organizations/members', 'members')
export class MembersController {
  constructor(
    private readonly owners: OwnersService,
    private readonly answers: SessionAnswers,
  ) {}

  @Get()
  @Access('members', { beforeOrganization: 'list' })
  @Answers({ summary: 'Members, and who is invited', data: [MemberDto] })
  list(@Member() { userId, orgId }: MemberOfOrganization): Promise<MemberDto[]> {
    return this.owners.ask('auth', 'members.list', { userId, orgId }, orgId);
  }

  @Post()
  @Access('members')
  @Answers({ summary: 'Invite somebody', status: 201, data: MemberDto, codes: ['GW_011'] })
  invite(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Body() { email, role }: InviteDto,
  ): Promise<MemberDto> {
    return this.owners.ask('auth', 'member.invite', { userId, orgId, email, role }, orgId);
  }

  @Post('accept')
  @Access('account')
  @NativeClientHeader()
  @Answers({ summary: 'Accept an invite', data: TokensDto, codes: ['GW_011'] })
  async accept(
    @SignedIn() { userId, sessionId }: SignedInUser,
    @Body() { inviteToken }: InviteTokenDto,
    @Client() client: ClientOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokensDto> {
    const request = { userId, sessionId, inviteToken };
    const tokens = await this.owners.ask('auth', 'member.accept', request, userId);
    return this.answers.tokens(reply, client, tokens);
  }

  @Patch(':id')
  @Access('members')
  @Answers({
    summary: 'Change the role of a member',
    description: 'The last owner stays.',
    data: MemberDto,
    codes: ['GW_011'],
  })
  change(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Param('id', UuidPipe) memberId: string,
    @Body() { role }: RoleDto,
  ): Promise<MemberDto> {
    return this.owners.ask('auth', 'member.change', { userId, orgId, memberId, role }, orgId);
  }

  @Delete(':id')
  @Access('members')
  @Answers({
    summary: 'Remove a member or an invite',
    description: 'The last owner stays.',
    status: 204,
    codes: ['GW_011'],
  })
  async remove(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Param('id', UuidPipe) memberId: string,
  ): Promise<void> {
    await this.owners.ask('auth', 'member.remove', { userId, orgId, memberId }, orgId);
  }
}
