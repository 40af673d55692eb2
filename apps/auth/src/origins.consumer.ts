import type { CommandReply, CommandRequest } from '@gateway/contracts';
import { CommandHandler, type CommandContext, type StoredReply } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { CommandsOnce } from './commands-once.service';
import { parseMember, parseOrigin } from './domain/organization-requests';
import { OriginsService } from './origins.service';

/** Commands about the web origins of an organization. */
@Controller()
export class OriginsConsumer {
  constructor(
    private readonly commands: CommandsOnce,
    private readonly origins: OriginsService,
  ) {}

  @CommandHandler('auth', 'origins.list')
  async list(
    request: CommandRequest<'auth', 'origins.list'>,
  ): Promise<CommandReply<'auth', 'origins.list'>> {
    return this.origins.list(parseMember(request).orgId);
  }

  @CommandHandler('auth', 'origin.add')
  async add(
    request: CommandRequest<'auth', 'origin.add'>,
    context: CommandContext<null>,
  ): Promise<StoredReply> {
    const wanted = parseOrigin(request);
    const { userId, orgId } = wanted;
    return this.commands.once({ name: 'origin.add', userId, orgId }, context, async (change) => {
      await this.origins.add(change, wanted);
      return null;
    });
  }

  @CommandHandler('auth', 'origin.remove')
  async remove(
    request: CommandRequest<'auth', 'origin.remove'>,
    context: CommandContext<null>,
  ): Promise<StoredReply> {
    const wanted = parseOrigin(request);
    const { userId, orgId } = wanted;
    return this.commands.once({ name: 'origin.remove', userId, orgId }, context, async (change) => {
      await this.origins.remove(change, wanted);
      return null;
    });
  }
}
