import type { CommandReply, CommandRequest } from '@gateway/contracts';
import { CommandHandler, type CommandContext, type StoredReply } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { ApplicationDetailsService } from './application-details.service';
import { CommandsOnce } from './commands-once.service';
import {
  parseApplication,
  parseApplicationChange,
  parseChannel,
  parseNewApplication,
} from './domain/application-requests';
import { parseMember } from './domain/organization-requests';
import { MetaAccountsClient } from './meta-accounts.client';

/** Commands about applications and their channels. */
@Controller()
export class ApplicationsConsumer {
  constructor(
    private readonly commands: CommandsOnce,
    private readonly applications: ApplicationDetailsService,
    private readonly meta: MetaAccountsClient,
  ) {}

  @CommandHandler('auth', 'applications.list')
  async list(
    request: CommandRequest<'auth', 'applications.list'>,
  ): Promise<CommandReply<'auth', 'applications.list'>> {
    return this.applications.list(parseMember(request).orgId);
  }

  @CommandHandler('auth', 'application.get')
  async get(
    request: CommandRequest<'auth', 'application.get'>,
  ): Promise<CommandReply<'auth', 'application.get'>> {
    return this.applications.get(parseApplication(request));
  }

  @CommandHandler('auth', 'application.create')
  async create(
    request: CommandRequest<'auth', 'application.create'>,
    context: CommandContext<CommandReply<'auth', 'application.create'>>,
  ): Promise<StoredReply> {
    const wanted = parseNewApplication(request);
    const { userId, orgId } = wanted;
    return this.commands.once({ name: 'application.create', userId, orgId }, context, (change) =>
      this.applications.create(change, wanted),
    );
  }

  @CommandHandler('auth', 'application.change')
  async change(
    request: CommandRequest<'auth', 'application.change'>,
    context: CommandContext<CommandReply<'auth', 'application.change'>>,
  ): Promise<StoredReply> {
    const wanted = parseApplicationChange(request);
    const { userId, orgId } = wanted;
    return this.commands.once({ name: 'application.change', userId, orgId }, context, (change) =>
      this.applications.change(change, wanted),
    );
  }

  /**
   * Meta is asked before the transaction, and only about an application that is the organization's. A code is good
   * once, and so is asked for once.
   */
  @CommandHandler('auth', 'channel.connect')
  async connect(
    request: CommandRequest<'auth', 'channel.connect'>,
    context: CommandContext<CommandReply<'auth', 'channel.connect'>>,
  ): Promise<StoredReply> {
    const { userId, orgId, appId, key, ...ids } = parseChannel(request);
    const application = { userId, orgId, appId };
    return this.commands.begunOnce(context, async () => {
      await this.applications.get(application);
      const channel = await this.meta.check({ ...ids, accessToken: await this.meta.tokenOf(key) });
      return this.commands.once({ name: 'channel.connect', userId, orgId }, context, (change) =>
        this.applications.connect(change, application, channel),
      );
    });
  }
}
