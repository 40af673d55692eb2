import type { CommandReply, CommandRequest } from '@gateway/contracts';
import { CommandHandler, type CommandContext, type StoredReply } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { CommandsOnce } from './commands-once.service';
import {
  parseInvite,
  parseInviteToken,
  parseMember,
  parseMemberChange,
  parseMemberId,
  parseNewOrganization,
} from './domain/organization-requests';
import { MembersService } from './members.service';
import { OrganizationsService } from './organizations.service';
import { SessionsService } from './sessions.service';
import { WalletOpener } from './wallet-opener.service';

/** Commands about organizations and their members; who may do something else now gets new tokens. */
@Controller()
export class OrganizationsConsumer {
  constructor(
    private readonly commands: CommandsOnce,
    private readonly organizations: OrganizationsService,
    private readonly members: MembersService,
    private readonly sessions: SessionsService,
    private readonly wallets: WalletOpener,
  ) {}

  @CommandHandler('auth', 'organization.create')
  async create(
    request: CommandRequest<'auth', 'organization.create'>,
    context: CommandContext<CommandReply<'auth', 'organization.create'>>,
  ): Promise<StoredReply> {
    const wanted = parseNewOrganization(request);
    const { userId } = wanted;
    const command = { name: 'organization.create', userId };
    const reply = await this.commands.once(command, context, async (change) => {
      await this.organizations.create(change, wanted);
      await this.sessions.outdateTokens(change, userId);
      return this.sessions.renew(change, wanted);
    });
    this.wallets.wake();
    return reply;
  }

  @CommandHandler('auth', 'organization.contact')
  async contact(
    request: CommandRequest<'auth', 'organization.contact'>,
  ): Promise<CommandReply<'auth', 'organization.contact'>> {
    return this.organizations.contact(parseMember(request).orgId);
  }

  @CommandHandler('auth', 'members.list')
  async listMembers(
    request: CommandRequest<'auth', 'members.list'>,
  ): Promise<CommandReply<'auth', 'members.list'>> {
    return this.members.list(parseMember(request));
  }

  @CommandHandler('auth', 'member.invite')
  async invite(
    request: CommandRequest<'auth', 'member.invite'>,
    context: CommandContext<CommandReply<'auth', 'member.invite'>>,
  ): Promise<StoredReply> {
    const invite = parseInvite(request);
    const { userId, orgId } = invite;
    return this.commands.once({ name: 'member.invite', userId, orgId }, context, (change) =>
      this.members.invite(change, invite),
    );
  }

  @CommandHandler('auth', 'member.accept')
  async accept(
    request: CommandRequest<'auth', 'member.accept'>,
    context: CommandContext<CommandReply<'auth', 'member.accept'>>,
  ): Promise<StoredReply> {
    const wanted = parseInviteToken(request);
    const { userId } = wanted;
    return this.commands.once({ name: 'member.accept', userId }, context, async (change) => {
      await this.members.accept(change, wanted);
      await this.sessions.outdateTokens(change, userId);
      return this.sessions.renew(change, wanted);
    });
  }

  @CommandHandler('auth', 'member.change')
  async changeRole(
    request: CommandRequest<'auth', 'member.change'>,
    context: CommandContext<CommandReply<'auth', 'member.change'>>,
  ): Promise<StoredReply> {
    const wanted = parseMemberChange(request);
    const { userId, orgId } = wanted;
    return this.commands.once({ name: 'member.change', userId, orgId }, context, async (change) => {
      const { member, changedUserId } = await this.members.changeRole(change, wanted);
      if (changedUserId !== null) await this.sessions.outdateTokens(change, changedUserId);
      return member;
    });
  }

  @CommandHandler('auth', 'member.remove')
  async remove(
    request: CommandRequest<'auth', 'member.remove'>,
    context: CommandContext<null>,
  ): Promise<StoredReply> {
    const wanted = parseMemberId(request);
    const { userId, orgId } = wanted;
    return this.commands.once({ name: 'member.remove', userId, orgId }, context, async (change) => {
      const removedUserId = await this.members.remove(change, wanted);
      if (removedUserId !== null) await this.sessions.outdateTokens(change, removedUserId);
      return null;
    });
  }
}
