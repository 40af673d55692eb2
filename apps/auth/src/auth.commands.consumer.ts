import type { CommandReply, CommandRequest } from '@gateway/contracts';
import { CommandHandler, type CommandContext, type StoredReply } from '@gateway/messaging';
import { CLOCK, type Clock } from '@gateway/platform';
import { Controller, Inject } from '@nestjs/common';
import { CommandsOnce } from './commands-once.service';
import {
  parseActor,
  parseKeyHash,
  parseKeyPage,
  parseKeyReference,
  parseNewKey,
  parseOrganization,
} from './domain/key-requests';
import { KeyLookupService } from './key-lookup.service';
import { KeysService } from './keys.service';

/** What other services ask of this one; a command that changes something takes effect once. */
@Controller()
export class AuthCommandsConsumer {
  constructor(
    private readonly lookups: KeyLookupService,
    private readonly keys: KeysService,
    private readonly commands: CommandsOnce,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @CommandHandler('auth', 'key.lookup')
  async lookUpKey(
    request: CommandRequest<'auth', 'key.lookup'>,
  ): Promise<CommandReply<'auth', 'key.lookup'>> {
    return this.lookups.lookUp(parseKeyHash(request));
  }

  @CommandHandler('auth', 'keys.create')
  async createKey(
    request: CommandRequest<'auth', 'keys.create'>,
    context: CommandContext<CommandReply<'auth', 'keys.create'>>,
  ): Promise<StoredReply> {
    // Read inside: an expiry that was in the future when the command came first must not refuse its repetition.
    return this.commands.once(
      { name: 'keys.create', userId: parseActor(request), orgId: parseOrganization(request) },
      context,
      (change) => this.keys.create(change, parseNewKey(request, this.clock.nowMs())),
    );
  }

  @CommandHandler('auth', 'keys.list')
  async listKeys(
    request: CommandRequest<'auth', 'keys.list'>,
  ): Promise<CommandReply<'auth', 'keys.list'>> {
    return this.keys.list(parseKeyPage(request));
  }

  @CommandHandler('auth', 'keys.revoke')
  async revokeKey(
    request: CommandRequest<'auth', 'keys.revoke'>,
    context: CommandContext<CommandReply<'auth', 'keys.revoke'>>,
  ): Promise<StoredReply> {
    const key = parseKeyReference(request);
    return this.commands.once(
      { name: 'keys.revoke', userId: parseActor(request), orgId: key.application.orgId },
      context,
      async (change) => {
        await this.keys.revoke(change, key);
        return null;
      },
    );
  }
}
