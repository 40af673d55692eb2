import type { CommandReply, CommandRequest } from '@gateway/contracts';
import { CommandHandler, type CommandContext, type StoredReply } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { CommandsOnce } from './commands-once.service';
import {
  parseApplication,
  parseNewTestNumber,
  parseTestNumber,
  parseTestNumberChange,
} from './domain/application-requests';
import { TestNumbersService } from './test-numbers.service';

/** Commands about the test numbers of an application. */
@Controller()
export class TestNumbersConsumer {
  constructor(
    private readonly commands: CommandsOnce,
    private readonly testNumbers: TestNumbersService,
  ) {}

  @CommandHandler('auth', 'test-numbers.list')
  async list(
    request: CommandRequest<'auth', 'test-numbers.list'>,
  ): Promise<CommandReply<'auth', 'test-numbers.list'>> {
    const { orgId, appId } = parseApplication(request);
    return this.testNumbers.list(orgId, appId);
  }

  @CommandHandler('auth', 'test-number.add')
  async add(
    request: CommandRequest<'auth', 'test-number.add'>,
    context: CommandContext<CommandReply<'auth', 'test-number.add'>>,
  ): Promise<StoredReply> {
    const { userId, orgId, appId: handle, phoneNumber, title } = parseNewTestNumber(request);
    return this.commands.once(
      { name: 'test-number.add', userId, orgId },
      context,
      async (change) => {
        const appId = await this.testNumbers.applicationId(change.manager, orgId, handle);
        const id = await this.testNumbers.addIn(change, { orgId, appId }, phoneNumber, title);
        return { id, appId: handle, title, phoneNumber };
      },
    );
  }

  @CommandHandler('auth', 'test-number.change')
  async rename(
    request: CommandRequest<'auth', 'test-number.change'>,
    context: CommandContext<CommandReply<'auth', 'test-number.change'>>,
  ): Promise<StoredReply> {
    const wanted = parseTestNumberChange(request);
    const { userId, orgId } = wanted;
    return this.commands.once({ name: 'test-number.change', userId, orgId }, context, (change) =>
      this.testNumbers.rename(change, wanted),
    );
  }

  @CommandHandler('auth', 'test-number.remove')
  async remove(
    request: CommandRequest<'auth', 'test-number.remove'>,
    context: CommandContext<null>,
  ): Promise<StoredReply> {
    const { userId, orgId, appId: handle, id } = parseTestNumber(request);
    return this.commands.once(
      { name: 'test-number.remove', userId, orgId },
      context,
      async (change) => {
        const appId = await this.testNumbers.applicationId(change.manager, orgId, handle);
        await this.testNumbers.removeIn(change, { orgId, appId }, id);
        return null;
      },
    );
  }
}
