import { Ctx, Payload } from '@nestjs/microservices';
import type { CommandName, CommandReply, CommandRequest, CommandService } from '@gateway/contracts';
import { registered, type CommandHandlerExtras } from './batch-handler.decorator';

const STORED = Symbol('StoredReply');

/** A sealed reply that the owner stored with its change: it is answered as it is. */
export interface StoredReply {
  readonly [STORED]: Buffer;
}

export const storedReply = (sealed: Buffer): StoredReply => ({ [STORED]: sealed });

/** The sealed bytes of a stored reply, or null when the handler returned a reply of its own. */
export const storedBytes = (result: unknown): Buffer | null =>
  typeof result === 'object' && result !== null && STORED in result
    ? (result as StoredReply)[STORED]
    : null;

/** What a command's handler gets beside the request. */
export interface CommandContext<R = unknown> {
  /** Names this call; the same when the command comes again. */
  readonly correlationId: string;
  /** The reply as it goes to who asked: to be stored by correlation id in the transaction of the change. */
  seal(reply: R): Buffer;
  /** Return it to answer with a reply that was stored: the command came before, and is not carried out again. */
  stored(sealed: Buffer): StoredReply;
}

export const commandPattern = (service: string, command: string): string =>
  `command:${service}:${command}`;

/**
 * Answers one command with what the method returns. What it throws is answered too: an AppError as its code, a store
 * that is gone as GW_008 shortly before the command's time is over (until then it is called again), anything else as
 * GW_500.
 */
export function CommandHandler<S extends CommandService, C extends CommandName<S>>(
  service: S,
  command: C,
) {
  return <
    M extends (
      request: CommandRequest<S, C>,
      context: CommandContext<CommandReply<S, C>>,
    ) => Promise<CommandReply<S, C> | StoredReply>,
  >(
    target: object,
    methodName: string,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    const extras: CommandHandlerExtras = { kind: 'command', service, command };
    Payload()(target, methodName, 0);
    Ctx()(target, methodName, 1);
    registered(commandPattern(service, command), extras)(target, methodName, descriptor);
  };
}
