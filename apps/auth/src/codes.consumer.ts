import type { ClientOrigin, CommandReply, CommandRequest } from '@gateway/contracts';
import { CommandHandler, type CommandContext, type StoredReply } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { AccountsService } from './accounts.service';
import { AttemptsService } from './attempts.service';
import { CodesService } from './codes.service';
import { CommandsOnce } from './commands-once.service';
import {
  parseCode,
  parseCodeTarget,
  parsePasswordReset,
  parseSession,
} from './domain/account-requests';
import { SessionsService } from './sessions.service';

/** Commands about codes that are sent to phones, and the password that one of them allows. */
@Controller()
export class CodesConsumer {
  constructor(
    private readonly commands: CommandsOnce,
    private readonly codes: CodesService,
    private readonly attempts: AttemptsService,
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsService,
  ) {}

  @CommandHandler('auth', 'code.send-for-reset')
  async sendForReset(
    request: CommandRequest<'auth', 'code.send-for-reset'>,
    context: CommandContext<null>,
  ): Promise<StoredReply> {
    const { target, client } = parseCodeTarget(request);
    await this.attempts.count('code sent', { account: target, address: client.address });
    return this.commands.once({ name: 'code.send-for-reset' }, context, async (change) => {
      await this.codes.sendForReset(change, target);
      return null;
    });
  }

  @CommandHandler('auth', 'code.send-for-phone')
  async sendForPhone(
    request: CommandRequest<'auth', 'code.send-for-phone'>,
    context: CommandContext<null>,
  ): Promise<StoredReply> {
    const { target, client } = parseCodeTarget(request);
    const { userId } = parseSession(request);
    await this.attempts.count('code sent', { account: target, address: client.address });
    return this.commands.once({ name: 'code.send-for-phone', userId }, context, async (change) => {
      await this.codes.sendForPhone(change, userId, target);
      return null;
    });
  }

  @CommandHandler('auth', 'code.verify-for-reset')
  async verifyForReset(
    request: CommandRequest<'auth', 'code.verify-for-reset'>,
    context: CommandContext<CommandReply<'auth', 'code.verify-for-reset'>>,
  ): Promise<StoredReply> {
    const { target } = parseCodeTarget(request);
    const { code, client } = parseCode(request);
    await this.countEntry(target, client);
    return this.commands.once({ name: 'code.verify-for-reset' }, context, (change) =>
      this.codes.verifyForReset(change, target, code),
    );
  }

  @CommandHandler('auth', 'code.verify-for-phone')
  async verifyForPhone(
    request: CommandRequest<'auth', 'code.verify-for-phone'>,
    context: CommandContext<CommandReply<'auth', 'code.verify-for-phone'>>,
  ): Promise<StoredReply> {
    const { code, client } = parseCode(request);
    const { userId } = parseSession(request);
    await this.countEntry(userId, client);
    return this.commands.once({ name: 'code.verify-for-phone', userId }, context, (change) =>
      this.codes.verifyForPhone(change, userId, code),
    );
  }

  /** Every session of the user ends. */
  @CommandHandler('auth', 'password.reset')
  async resetPassword(
    request: CommandRequest<'auth', 'password.reset'>,
    context: CommandContext<null>,
  ): Promise<StoredReply> {
    const wanted = parsePasswordReset(request);
    const passwordHash = await this.accounts.prepareReset(wanted);
    return this.commands.once({ name: 'password.reset' }, context, async (change) => {
      const token = wanted.passwordResetToken;
      const userId = await this.codes.resetPassword(change, token, passwordHash);
      await this.sessions.endAll(change, userId);
      return null;
    });
  }

  private async countEntry(account: string, { address }: ClientOrigin): Promise<void> {
    await this.attempts.count('code entered', { account, address });
  }
}
