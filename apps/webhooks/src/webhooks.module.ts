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
  type HealthRegistry,
  type Logger,
  type Random,
} from '@gateway/platform';
import { AcceptService } from './accept.service';
import { ApplicationsService } from './applications.service';
import { CountsService } from './counts.service';
import { DeliveryCommandsService } from './delivery-commands.service';
import { EndpointCommandsService } from './endpoint-commands.service';
import { EventsConsumer } from './events.consumer';
import { logSink, type NoticeSink } from './notices.service';
import { checkWebhooksConfig, type WebhooksConfig } from './webhooks.config';
import { WebhooksController } from './webhooks.controller';
import { openWebhooks, type WebhooksParts } from './webhooks.parts';

/** Nest token of the `WebhooksParts`. */
export const WEBHOOKS_PARTS = Symbol('WebhooksParts');
/** Nest token of the `NoticeSink`. */
export const NOTICE_SINK = Symbol('NoticeSink');

/** The webhooks service; needs transport, health registry, logger and randomness of its process. */
@Module({})
export class WebhooksModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(HEALTH) private readonly health: HealthRegistry,
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(WEBHOOKS_PARTS) private readonly parts: WebhooksParts,
  ) {}

  /** @throws ConfigError when the configuration contradicts itself, or is for a trial and this is production */
  static register(config: WebhooksConfig): DynamicModule {
    checkWebhooksConfig(config);
    return {
      module: WebhooksModule,
      imports: [
        MessagingModule.forService({
          service: 'webhooks',
          commandSealing: {
            current: config.commandSealingKey,
            previous: config.commandSealingKeyPrevious,
          },
        }),
      ],
      controllers: [EventsConsumer, WebhooksController],
      providers: [
        {
          provide: NOTICE_SINK,
          useFactory: (logger: Logger): NoticeSink => logSink(logger),
          inject: [LOGGER],
        },
        partsProvider(config),
        part(AcceptService, ({ accepts }) => accepts),
        part(ApplicationsService, ({ applications }) => applications),
        part(EndpointCommandsService, ({ endpointCommands }) => endpointCommands),
        part(CountsService, ({ counts }) => counts),
        part(DeliveryCommandsService, ({ deliveryCommands }) => deliveryCommands),
      ],
    };
  }

  async onModuleInit(): Promise<void> {
    const { databaseWatch, applications, endpoints, housekeeping, claims } = this.parts;
    this.health.add('webhooks database', databaseWatch.check);
    this.health.add('webhooks applications', () => applications.health());
    this.health.add('webhooks messaging', () => {
      const { isReady, reasons } = this.messaging.health();
      return isReady ? null : reasons.join(', ');
    });
    applications.start();
    endpoints.start();
    await housekeeping.start();
    claims.start();
  }

  /** Consumers have finished what they held by now; what is being sent ends, what waits is given back. */
  async onApplicationShutdown(): Promise<void> {
    const { databaseWatch, applications, endpoints, housekeeping, claims, deliveries } = this.parts;
    databaseWatch.stop();
    applications.stop();
    await claims.stop();
    await deliveries.stop();
    endpoints.stop();
    await housekeeping.stop();
    await this.parts.client.close();
    const { dataSource } = this.parts;
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

const part = <T extends object>(
  token: abstract new (...args: never[]) => T,
  of: (parts: WebhooksParts) => T,
): Provider => ({ provide: token, useFactory: of, inject: [WEBHOOKS_PARTS] });

const partsProvider = (config: WebhooksConfig): Provider => ({
  provide: WEBHOOKS_PARTS,
  useFactory: (
    messaging: Messaging,
    logger: Logger,
    random: Random,
    noticeSink: NoticeSink,
  ): Promise<WebhooksParts> =>
    openWebhooks(config, {
      messaging,
      logger,
      random,
      noticeSink,
      monotonicMs: () => performance.now(),
    }),
  inject: [MESSAGING, LOGGER, RANDOM, NOTICE_SINK],
});
