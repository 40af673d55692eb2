import { MESSAGING, MessagingModule, type Messaging } from '@gateway/messaging';
import { HEALTH, LOGGER, type HealthRegistry, type Logger } from '@gateway/platform';
import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { AdmissionConsumer } from './admission.consumer';
import { AdmissionService } from './admission.service';
import { LIMITS_STORE } from './limits.store';
import { OPEN_LIMITS, openLimits, type OpenLimits } from './open-limits';
import type { RateLimiterConfig } from './rate-limiter.config';

/** The rate-limiter service; needs transport, health registry and logger of its process. */
@Module({})
export class RateLimiterModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(HEALTH) private readonly health: HealthRegistry,
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(OPEN_LIMITS) private readonly limits: OpenLimits,
  ) {}

  static register(config: RateLimiterConfig): DynamicModule {
    return {
      module: RateLimiterModule,
      imports: [
        MessagingModule.forService({
          service: 'rate-limiter',
          commandSealing: {
            current: config.commandSealingKey,
            previous: config.commandSealingKeyPrevious,
          },
        }),
      ],
      controllers: [AdmissionConsumer],
      providers: [
        {
          provide: OPEN_LIMITS,
          useFactory: (messaging: Messaging, logger: Logger) =>
            openLimits(config, messaging.brokerClock, logger),
          inject: [MESSAGING, LOGGER],
        },
        {
          provide: LIMITS_STORE,
          useFactory: ({ store }: OpenLimits) => store,
          inject: [OPEN_LIMITS],
        },
        AdmissionService,
      ],
    };
  }

  /** Redis is no reason to get no work: without it the limits hold from memory. */
  onModuleInit(): void {
    this.health.add('rate-limiter messaging', () => {
      const { isReady, reasons } = this.messaging.health();
      return isReady ? null : reasons.join(', ');
    });
  }

  onApplicationShutdown(): void {
    this.limits.close();
  }
}
