import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import type { ServiceName } from '@gateway/contracts';
import { LOGGER, Sealer, createLogger, systemRandom, type Logger } from '@gateway/platform';
import { SealedCommandClient } from './command-client';
import { MessagingProcess } from './messaging-process';
import type { Transport } from './transport';
import type { Messaging } from './types';

/** Nest token of the process' `Transport`; a global provider of the process. */
export const TRANSPORT = Symbol('Transport');
/** Nest token of a service's `Messaging`. */
export const MESSAGING = Symbol('Messaging');

/** Past it a process judges deadlines wrongly and must not get work. */
const CLOCK_OFFSET_MS_MAX = 1_000;

interface ServiceMessagingOptions {
  readonly service: ServiceName;
  /** The key that all services of an installation share for commands, and the one before it while it is changed. */
  readonly commandSealing: { readonly current: Buffer; readonly previous?: Buffer };
  /** The process' own unless given. */
  readonly logger?: Logger;
}

interface ServiceMessaging extends Messaging {
  start(): Promise<void>;
}

/** Gives a service its `MESSAGING`; in one process several services share the transport and its reply partition. */
@Module({})
export class MessagingModule implements OnModuleInit {
  constructor(@Inject(MESSAGING) private readonly messaging: ServiceMessaging) {}

  static forService(options: ServiceMessagingOptions): DynamicModule {
    return {
      module: MessagingModule,
      providers: [
        {
          provide: MESSAGING,
          useFactory: (transport: Transport, logger?: Logger) =>
            serviceMessaging(transport, { logger, ...options }),
          inject: [TRANSPORT, { token: LOGGER, optional: true }],
        },
      ],
      exports: [MESSAGING],
    };
  }

  /** Before any handler runs: a service must be able to ask and answer from its first record on. */
  async onModuleInit(): Promise<void> {
    await this.messaging.start();
  }
}

function serviceMessaging(
  transport: Transport,
  { service, commandSealing, logger: given }: ServiceMessagingOptions,
): ServiceMessaging {
  const logger = given ?? createLogger({ service, level: 'info' });
  const sealer = new Sealer(commandSealing);
  const joined = MessagingProcess.join(transport, { service, sealer, logger });
  const { producer, brokerClock, tables } = transport;
  const { replies } = joined;
  const commands = new SealedCommandClient({
    producer,
    replies,
    brokerClock,
    sealer,
    random: systemRandom,
    logger,
  });
  return {
    service,
    producer,
    replies,
    commands,
    tables,
    brokerClock,
    partitionOf: (key) => transport.partitionOf(key),
    health: () => healthOf(transport),
    start: () => joined.start(),
  };
}

function healthOf(transport: Transport): { isReady: boolean; reasons: readonly string[] } {
  const { offsetMs } = transport.brokerClock;
  const reasons = [...transport.problems()];
  if (Math.abs(offsetMs) > CLOCK_OFFSET_MS_MAX) {
    reasons.push(`the clock is ${Math.round(Math.abs(offsetMs))} ms off the broker's`);
  }
  return { isReady: reasons.length === 0, reasons };
}
