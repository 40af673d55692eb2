import { Controller, Inject, Module, type DynamicModule } from '@nestjs/common';
import {
  COMMANDS,
  decodeJourney,
  type CommandName,
  type CommandReply,
  type CommandRequest,
  type CommandService,
  type Journey,
  type Reply,
  type ServiceName,
} from '@gateway/contracts';
import {
  BatchHandler,
  CommandHandler,
  MESSAGING,
  MessagingModule,
  type Batch,
  type InboundRecord,
  type Messaging,
} from '@gateway/messaging';

type Lookup = CommandReply<'auth', 'key.lookup'>;
type Message = CommandReply<'dispatcher', 'message.get'>;
type Cost = CommandReply<'billing', 'message.cost'>;

export interface Submitted {
  readonly journey: Journey;
  readonly record: InboundRecord;
}

export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

const unknownKey: Lookup = { version: 0, key: null, application: null };

/** What stands behind the topics in a test; each test says what the other stages do. */
export class Stages {
  readonly submitted: Submitted[] = [];
  readonly lookedUp: string[] = [];
  readonly metaEvents: InboundRecord[] = [];
  /** The answer to a message; null for none. */
  answer: (message: Submitted) => Reply | null = accepted;
  lookUp: (keyHash: string) => Promise<Lookup> = () => Promise.resolve(unknownKey);
  /** Meta's events are acknowledged behind it. */
  takeMetaEvents: () => Promise<void> = () => Promise.resolve();
  findMessage: (request: CommandRequest<'dispatcher', 'message.get'>) => Promise<Message> = () =>
    Promise.resolve(null);
  findCost: (request: CommandRequest<'billing', 'message.cost'>) => Promise<Cost> = () =>
    Promise.resolve({ costMicroUsd: '0' });

  /** What a test says that a command is answered with, by `<service> <command>`. */
  private readonly played = new Map<string, (request: never) => unknown>();
  /** Every command that came, in order, look-ups of keys apart. */
  readonly commands: { readonly service: string; readonly command: string; request: unknown }[] =
    [];

  /** The answer to every command that a test says nothing of: none, unless it says so. */
  otherwise: () => Promise<unknown> = never;

  /** Says what a command of an owner is answered with; throw an `AppError` to refuse. */
  on<S extends CommandService, C extends CommandName<S>>(
    service: S,
    command: C,
    play: (request: CommandRequest<S, C>) => CommandReply<S, C> | Promise<CommandReply<S, C>>,
  ): void {
    this.played.set(`${service} ${command}`, play);
  }

  async carryOut(service: string, command: string, request: unknown): Promise<unknown> {
    const name = `${service} ${command}`;
    if (name === 'auth key.lookup') {
      const { keyHash } = request as CommandRequest<'auth', 'key.lookup'>;
      this.lookedUp.push(keyHash);
      return this.lookUp(keyHash);
    }
    this.commands.push({ service, command, request });
    if (name === 'dispatcher message.get') return this.findMessage(request as never);
    if (name === 'billing message.cost') return this.findCost(request as never);
    const play = this.played.get(name);
    return play ? play(request as never) : this.otherwise();
  }

  /** Answers a message that `answer` left without one, as accepted. */
  replyTo: (journey: Journey | undefined) => void = () => undefined;

  reset(): void {
    this.submitted.length = 0;
    this.lookedUp.length = 0;
    this.metaEvents.length = 0;
    const { submitted, lookedUp, metaEvents, replyTo } = this;
    Object.assign(this, new Stages(), { submitted, lookedUp, metaEvents, replyTo });
  }
}

/** Meta's answer to a message, as the dispatcher hands it on. */
export const accepted = ({ journey }: Pick<Submitted, 'journey'>): Reply => ({
  kind: 'accepted',
  from: 'dispatcher',
  messageId: journey.messageId,
  rateState: { secLimit: 80, secRemaining: 79, minLimit: 4_800, minRemaining: 4_799 },
  isReplayed: false,
  data: '{ "messaging_product":"whatsapp",  "messages":[{"id":"wamid.A\\/B"}]}',
});

const STAGES = Symbol('Stages');
const HANDLING = { concurrency: 1, recordsMax: 1_000, inFlightMax: 10_000 };

@Controller()
class PathController {
  constructor(
    @Inject(STAGES) private readonly stages: Stages,
    @Inject(MESSAGING) private readonly messaging: Messaging,
  ) {
    stages.replyTo = (journey) => {
      if (journey) this.reply(journey, accepted({ journey }));
    };
  }

  @BatchHandler('message.submitted.v1', { group: 'rate-limiter', ...HANDLING })
  async submitted({ records }: Batch): Promise<void> {
    for (const record of records) this.answer(record);
    return Promise.resolve();
  }

  private answer(record: InboundRecord): void {
    const journey = decodeJourney(record.headers);
    if (!journey) throw new Error('a journey that cannot be read');
    const submitted = { journey, record };
    this.stages.submitted.push(submitted);
    const reply = this.stages.answer(submitted);
    if (reply) this.reply(journey, reply);
  }

  private reply({ replyPartition, messageId }: Journey, reply: Reply): void {
    this.messaging.replies.send(replyPartition, messageId, reply, Infinity);
  }
}

@Controller()
class AuthController {
  constructor(@Inject(STAGES) readonly stages: Stages) {}
}

@Controller()
class BillingController {
  constructor(@Inject(STAGES) readonly stages: Stages) {}

  @BatchHandler('message.admitted.v1', { group: 'billing-hold', ...HANDLING })
  admitted(): Promise<void> {
    return Promise.resolve();
  }

  @BatchHandler('message.settled.v1', { group: 'billing-settle', ...HANDLING })
  settled(): Promise<void> {
    return Promise.resolve();
  }

  @BatchHandler('message.priced.v1', { group: 'billing-price', ...HANDLING })
  priced(): Promise<void> {
    return Promise.resolve();
  }
}

@Controller()
class DispatcherController {
  constructor(@Inject(STAGES) readonly stages: Stages) {}

  @BatchHandler('message.funded.v1', { group: 'dispatcher-send', ...HANDLING })
  funded(): Promise<void> {
    return Promise.resolve();
  }

  @BatchHandler('meta.event.v1', { group: 'dispatcher-status', ...HANDLING })
  metaEvents({ records }: Batch): Promise<void> {
    this.stages.metaEvents.push(...records);
    return this.stages.takeMetaEvents();
  }
}

@Controller()
class WebhooksController {
  constructor(@Inject(STAGES) readonly stages: Stages) {}

  @BatchHandler('meta.event.v1', { group: 'webhooks-events', ...HANDLING })
  happened(): Promise<void> {
    return Promise.resolve();
  }
}

/** Every command of the contracts, answered by what the test says; nobody answers what it does not speak of. */
function playCommands(service: CommandService, controller: { prototype: object }): void {
  for (const command of Object.keys(COMMANDS[service])) {
    const method = `command ${command}`;
    const descriptor = {
      value(this: { readonly stages: Stages }, request: unknown): Promise<unknown> {
        return this.stages.carryOut(service, command, request);
      },
    };
    Object.defineProperty(controller.prototype, method, descriptor);
    CommandHandler(service, command as never)(controller.prototype, method, descriptor as never);
  }
}
playCommands('auth', AuthController);
playCommands('billing', BillingController);
playCommands('dispatcher', DispatcherController);
playCommands('webhooks', WebhooksController);

@Module({})
class StageModule {}

@Module({})
class AllStagesModule {}

/** Every service but the edge, played by one object behind the real topics. */
export function stagesModule(stages: Stages, sealingKey: Buffer): DynamicModule {
  const of = (
    service: ServiceName,
    controller: new (...args: never[]) => object,
  ): DynamicModule => ({
    module: StageModule,
    imports: [MessagingModule.forService({ service, commandSealing: { current: sealingKey } })],
    controllers: [controller],
    providers: [{ provide: STAGES, useValue: stages }],
  });
  return {
    module: AllStagesModule,
    imports: [
      of('rate-limiter', PathController),
      of('auth', AuthController),
      of('billing', BillingController),
      of('dispatcher', DispatcherController),
      of('webhooks', WebhooksController),
    ],
  };
}
