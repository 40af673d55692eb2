import { loadConfig, type Environment } from '@gateway/platform';
import type { ServiceName } from '@gateway/contracts';
import { Module, type DynamicModule } from '@nestjs/common';
import { AUTH_VARIABLES } from '../../auth/src/auth.config';
import { AuthModule } from '../../auth/src/auth.module';
import { BILLING_VARIABLES } from '../../billing/src/billing.config';
import { BillingModule } from '../../billing/src/billing.module';
import { DISPATCHER_VARIABLES } from '../../dispatcher/src/dispatcher.config';
import { DispatcherModule } from '../../dispatcher/src/dispatcher.module';
import type { EdgeConfig } from '../../edge/src/edge.config';
import { EdgeModule } from '../../edge/src/edge.module';
import { RATE_LIMITER_VARIABLES } from '../../rate-limiter/src/rate-limiter.config';
import { RateLimiterModule } from '../../rate-limiter/src/rate-limiter.module';
import { WEBHOOKS_VARIABLES } from '../../webhooks/src/webhooks.config';
import { WebhooksModule } from '../../webhooks/src/webhooks.module';

/** The modules of all services in one process, each with the environment that its own process would have. */
@Module({})
export class StandaloneModule {
  static register(
    edge: EdgeConfig,
    environmentOf: (service: ServiceName) => Environment,
  ): DynamicModule {
    return {
      module: StandaloneModule,
      imports: [
        EdgeModule.register(edge),
        AuthModule.register(loadConfig(AUTH_VARIABLES, environmentOf('auth'))),
        RateLimiterModule.register(
          loadConfig(RATE_LIMITER_VARIABLES, environmentOf('rate-limiter')),
        ),
        BillingModule.register(loadConfig(BILLING_VARIABLES, environmentOf('billing'))),
        DispatcherModule.register(loadConfig(DISPATCHER_VARIABLES, environmentOf('dispatcher'))),
        WebhooksModule.register(loadConfig(WEBHOOKS_VARIABLES, environmentOf('webhooks'))),
      ],
    };
  }
}
