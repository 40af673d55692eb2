import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { MESSAGING, MessagingModule, type Messaging } from '@gateway/messaging';
import {
  HEALTH,
  LOGGER,
  RANDOM,
  watchDatabase,
  type HealthRegistry,
  type Logger,
  type Random,
} from '@gateway/platform';
import { CountsService } from './counts.service';
import type { DispatcherConfig } from './dispatcher.config';
import { DispatcherController } from './dispatcher.controller';
import { openDispatcher, type DispatcherParts } from './dispatcher.parts';
import { ListingsService } from './listings.service';
import { MessagesService } from './messages.service';
import { SendConsumer } from './send.consumer';
import { SendService } from './send.service';
import { StatusConsumer } from './status.consumer';
import { StatusesService } from './statuses.service';

/** Nest token of the `DispatcherParts`. */
export const DISPATCHER_PARTS = Symbol('DispatcherParts');

/** Nest token of a clock in milliseconds that never jumps and runs on while the process is stopped. */
export const MONOTONIC = Symbol('Monotonic');

/** The dispatcher; needs transport, health registry, logger and randomness of its process. */
@Module({})
export class DispatcherModule implements OnModuleInit, OnApplicationShutdown {
  private readonly database: ReturnType<typeof watchDatabase>;

  constructor(
    @Inject(HEALTH) private readonly health: HealthRegistry,
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(DISPATCHER_PARTS) private readonly parts: DispatcherParts,
  ) {
    this.database = watchDatabase(parts.dataSource);
  }

  static register(config: DispatcherConfig): DynamicModule {
    return {
      module: DispatcherModule,
      imports: [
        MessagingModule.forService({
          service: 'dispatcher',
          commandSealing: {
            current: config.commandSealingKey,
            previous: config.commandSealingKeyPrevious,
          },
        }),
      ],
      controllers: [SendConsumer, StatusConsumer, DispatcherController],
      providers: [
        { provide: MONOTONIC, useValue: () => performance.now() },
        partsProvider(config),
        {
          provide: SendService,
          useFactory: ({ sends }: DispatcherParts) => sends,
          inject: [DISPATCHER_PARTS],
        },
        {
          provide: StatusesService,
          useFactory: ({ statuses }: DispatcherParts) => statuses,
          inject: [DISPATCHER_PARTS],
        },
        {
          provide: ListingsService,
          useFactory: ({ listings }: DispatcherParts) => listings,
          inject: [DISPATCHER_PARTS],
        },
        {
          provide: CountsService,
          useFactory: ({ counts }: DispatcherParts) => counts,
          inject: [DISPATCHER_PARTS],
        },
        {
          provide: MessagesService,
          useFactory: ({ messages }: DispatcherParts) => messages,
          inject: [DISPATCHER_PARTS],
        },
      ],
    };
  }

  /** Registered before the first record comes: whatever is claimed has a living owner. */
  async onModuleInit(): Promise<void> {
    const { lease, channels, recovery, counts } = this.parts;
    this.health.add('dispatcher database', this.database.check);
    this.health.add('dispatcher applications', () => channels.health());
    this.health.add('dispatcher messaging', () => {
      const { isReady, reasons } = this.messaging.health();
      return isReady ? null : reasons.join(', ');
    });
    await lease.start();
    channels.start();
    recovery.start();
    counts.start();
  }

  /** Consumers have finished what they held by now; the lease goes last, so that nobody calls it lost. */
  async onApplicationShutdown(): Promise<void> {
    const { channels, recovery, counts, meta, lease, dataSource, sends, statuses } = this.parts;
    this.database.stop();
    channels.stop();
    recovery.stop();
    counts.stop();
    sends.stop();
    statuses.stop();
    await meta.close();
    await lease.stop();
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

const partsProvider = (config: DispatcherConfig): Provider => ({
  provide: DISPATCHER_PARTS,
  useFactory: (
    messaging: Messaging,
    logger: Logger,
    random: Random,
    monotonicMs: () => number,
  ): Promise<DispatcherParts> => openDispatcher(config, { messaging, logger, random, monotonicMs }),
  inject: [MESSAGING, LOGGER, RANDOM, MONOTONIC],
});
