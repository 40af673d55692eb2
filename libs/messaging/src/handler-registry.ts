import type { MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { COMMANDS, GROUPS, type CommandService, type ServiceName } from '@gateway/contracts';
import type { HandledTopic } from './batch-runner';
import {
  journeyEndPattern,
  type BatchHandlerExtras,
  type CommandHandlerExtras,
  type JourneyEndExtras,
} from './batch-handler.decorator';
import { commandPattern } from './command-handler.decorator';
import { CommandServer, type CommandMethod } from './command-server';
import { MessagingProcess, type ServiceMember } from './messaging-process';
import type { Transport } from './transport';

type Handlers = ReadonlyMap<string, MessageHandler>;
type Extras = BatchHandlerExtras | CommandHandlerExtras | JourneyEndExtras;

/** The handlers of a process are not those that the list in `@gateway/contracts` says. */
export class HandlersDifferError extends Error {
  override readonly name = 'HandlersDifferError';

  constructor(problems: readonly string[]) {
    super(`the handlers of this process differ from the list of topics: ${problems.join('; ')}`);
  }
}

/**
 * Turns the handlers that Nest registered with a transport into topics handled in batches, commands included.
 *
 * @throws HandlersDifferError naming each topic, group or command of the services in this process that has no handler,
 * or more than one, and each handler that is not theirs
 */
export function handledTopics(handlers: Handlers, transport: Transport): readonly HandledTopic[] {
  const joined = MessagingProcess.of(transport);
  const members = joined?.services ?? [];
  const problems = differences(handlers, new Set(members.map(({ service }) => service)));
  if (problems.length > 0) throw new HandlersDifferError(problems);
  const batches = [...handlers.values()].flatMap((handler) => {
    const extras = extrasOf(handler);
    return extras?.kind === 'batch' ? [handledBatch(handlers, handler, extras)] : [];
  });
  const commands = members.flatMap((member) =>
    joined && isCommandService(member.service)
      ? [handledCommands(handlers, transport, joined, { ...member, service: member.service })]
      : [],
  );
  return [...batches, ...commands];
}

function handledBatch(
  handlers: Handlers,
  handler: MessageHandler,
  { topic, options }: BatchHandlerExtras,
): HandledTopic {
  const journeyEnd = handlers.get(journeyEndPattern(options.group, topic));
  return {
    topic,
    options,
    handle: async (batch) => {
      await resultOf(handler(batch));
    },
    ...(journeyEnd && {
      endJourney: async (record) => {
        await resultOf(journeyEnd(record));
      },
    }),
  };
}

function handledCommands(
  handlers: Handlers,
  { brokerClock }: Transport,
  { replies }: MessagingProcess,
  member: ServiceMember & { readonly service: CommandService },
): HandledTopic {
  const methods = new Map<string, CommandMethod>();
  for (const handler of handlers.values()) {
    const extras = extrasOf(handler);
    if (extras?.kind === 'command' && extras.service === member.service) {
      methods.set(extras.command, (request, context) => resultOf(handler(request, context)));
    }
  }
  return new CommandServer({ ...member, methods, replies, brokerClock }).handled();
}

/** What a handler returned, or its own error: Nest hands errors over as a stream. */
async function resultOf(returned: Promise<unknown>): Promise<unknown> {
  const result = await returned;
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}

function differences(handlers: Handlers, services: ReadonlySet<ServiceName>): string[] {
  const expected = new Set([...expectedBatches(services), ...expectedCommands(services)]);
  const problems = [...expected]
    .filter((pattern) => !handlers.has(pattern))
    .map((pattern) => `missing ${pattern}`);
  for (const [pattern, handler] of handlers) {
    const isJourneyEnd = extrasOf(handler)?.kind === 'journey-end';
    if (!isJourneyEnd && !expected.has(pattern)) problems.push(`not of this process ${pattern}`);
    if (handler.next) problems.push(`handled twice ${pattern}`);
  }
  return problems;
}

const expectedBatches = (services: ReadonlySet<ServiceName>): string[] =>
  GROUPS.filter(({ group, service }) => services.has(service) && !group.endsWith('-commands')).map(
    ({ group, topic }) => `batch:${group}:${topic}`,
  );

const expectedCommands = (services: ReadonlySet<ServiceName>): string[] =>
  [...services]
    .filter(isCommandService)
    .flatMap((service) =>
      Object.keys(COMMANDS[service]).map((command) => commandPattern(service, command)),
    );

const isCommandService = (service: ServiceName): service is CommandService =>
  Object.hasOwn(COMMANDS, service);

const extrasOf = (handler: MessageHandler): Extras | undefined =>
  handler.extras as Extras | undefined;
