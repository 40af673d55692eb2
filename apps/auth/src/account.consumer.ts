import type { CommandReply, CommandRequest } from '@gateway/contracts';
import { CommandHandler, type CommandContext, type StoredReply } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { AccountsService } from './accounts.service';
import { CommandsOnce } from './commands-once.service';
import {
  parsePasswordChange,
  parseRegistration,
  parseSession,
  parseUser,
} from './domain/account-requests';
import { OrganizationsService } from './organizations.service';
import { SessionsService } from './sessions.service';

/** Commands about accounts. */
@Controller()
export class AccountConsumer {
  constructor(
    private readonly commands: CommandsOnce,
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsService,
    private readonly organizations: OrganizationsService,
  ) {}

  @CommandHandler('auth', 'user.register')
  async register(
    request: CommandRequest<'auth', 'user.register'>,
    context: CommandContext<CommandReply<'auth', 'user.register'>>,
  ): Promise<StoredReply> {
    const registration = parseRegistration(request);
    const passwordHash = await this.accounts.prepare(registration);
    return this.commands.once({ name: 'user.register' }, context, async (change) => {
      const userId = await this.accounts.register(change, registration, passwordHash);
      return this.sessions.open(change, userId, registration.client.kind);
    });
  }

  @CommandHandler('auth', 'user.get')
  async user(
    request: CommandRequest<'auth', 'user.get'>,
  ): Promise<CommandReply<'auth', 'user.get'>> {
    return this.accounts.get(parseUser(request).userId);
  }

  @CommandHandler('auth', 'user.organizations')
  async organizationsOf(
    request: CommandRequest<'auth', 'user.organizations'>,
  ): Promise<CommandReply<'auth', 'user.organizations'>> {
    return this.organizations.ofUser(parseUser(request).userId);
  }

  /** Every other session ends. */
  @CommandHandler('auth', 'password.change')
  async changePassword(
    request: CommandRequest<'auth', 'password.change'>,
    context: CommandContext<CommandReply<'auth', 'password.change'>>,
  ): Promise<StoredReply> {
    const wanted = parsePasswordChange(request);
    const { userId } = parseSession(request);
    const passwordHash = await this.accounts.preparePassword(wanted);
    return this.commands.once({ name: 'password.change', userId }, context, async (change) => {
      await this.accounts.setPassword(change, userId, passwordHash);
      await this.sessions.endAll(change, userId);
      return this.sessions.open(change, userId, wanted.client.kind);
    });
  }
}
