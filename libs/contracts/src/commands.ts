import { AUTH_COMMANDS, type AuthCommands } from './auth-commands';
import { BILLING_COMMANDS, type BillingCommands } from './billing-commands';
import { DISPATCHER_COMMANDS, type DispatcherCommands } from './dispatcher-commands';
import { WEBHOOKS_COMMANDS, type WebhooksCommands } from './webhooks-commands';

/**
 * The commands of each service, carried sealed by `<service>.commands.v1`. A command that changes something is stored
 * by its correlation id with its sealed reply in the transaction of the change: repeated, it gets the stored reply.
 */
interface Commands {
  auth: AuthCommands;
  billing: BillingCommands;
  dispatcher: DispatcherCommands;
  webhooks: WebhooksCommands;
}

export type CommandService = keyof Commands;
export type CommandName<S extends CommandService> = keyof Commands[S] & string;
export type CommandRequest<
  S extends CommandService,
  C extends CommandName<S>,
> = Commands[S][C] extends { request: infer R } ? R : never;
export type CommandReply<
  S extends CommandService,
  C extends CommandName<S>,
> = Commands[S][C] extends { reply: infer R } ? R : never;

/**
 * Every command by name: a process refuses to start when the commands it handles differ. One that `changes` something
 * is stored by its correlation id; one that `reads` may be carried out again.
 */
export const COMMANDS: {
  readonly [S in CommandService]: Readonly<Record<CommandName<S>, 'reads' | 'changes'>>;
} = {
  auth: AUTH_COMMANDS,
  billing: BILLING_COMMANDS,
  dispatcher: DISPATCHER_COMMANDS,
  webhooks: WEBHOOKS_COMMANDS,
};
