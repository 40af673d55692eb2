import type { CommandReply, CommandRequest } from '@gateway/contracts';
import { CommandHandler, type CommandContext, type StoredReply } from '@gateway/messaging';
import { Controller } from '@nestjs/common';
import { CommandsOnce } from './commands-once.service';
import { parseSession, parseSessionCheck, parseSignIn } from './domain/account-requests';
import { SessionsService } from './sessions.service';
import { SignInService } from './sign-in.service';

/** Commands about sessions. */
@Controller()
export class SessionsConsumer {
  constructor(
    private readonly commands: CommandsOnce,
    private readonly signIns: SignInService,
    private readonly sessions: SessionsService,
  ) {}

  @CommandHandler('auth', 'session.check')
  async check(
    request: CommandRequest<'auth', 'session.check'>,
  ): Promise<CommandReply<'auth', 'session.check'>> {
    const { sessionId, tokenVersion } = parseSessionCheck(request);
    return this.sessions.check(sessionId, tokenVersion);
  }

  @CommandHandler('auth', 'session.open')
  async open(
    request: CommandRequest<'auth', 'session.open'>,
    context: CommandContext<CommandReply<'auth', 'session.open'>>,
  ): Promise<StoredReply> {
    const { email, password, client } = parseSignIn(request);
    const { id: userId } = await this.signIns.userOf(email, password, client);
    return this.commands.once({ name: 'session.open', userId }, context, (change) =>
      this.sessions.open(change, userId, client.kind),
    );
  }

  @CommandHandler('auth', 'session.refresh')
  async refresh(
    { refreshToken }: CommandRequest<'auth', 'session.refresh'>,
    context: CommandContext<CommandReply<'auth', 'session.refresh'>>,
  ): Promise<StoredReply> {
    return this.commands.once({ name: 'session.refresh' }, context, (change) =>
      this.sessions.refresh(change, refreshToken),
    );
  }

  @CommandHandler('auth', 'session.end')
  async end(
    request: CommandRequest<'auth', 'session.end'>,
    context: CommandContext<CommandReply<'auth', 'session.end'>>,
  ): Promise<StoredReply> {
    const session = parseSession(request);
    const { userId } = session;
    return this.commands.once({ name: 'session.end', userId }, context, async (change) => {
      await this.sessions.end(change, session);
      return null;
    });
  }
}
