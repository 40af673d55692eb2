import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { MESSAGING, MessagingModule, type Messaging } from '@gateway/messaging';
import { HEALTH, type HealthRegistry } from '@gateway/platform';
import { AccessTokensService } from './access-tokens.service';
import { ApiKeysController } from './api-keys.controller';
import { ApplicationMessagesController } from './application-messages.controller';
import { ApplicationMessagesService } from './application-messages.service';
import { ApplicationsController } from './applications.controller';
import { AuthController } from './auth.controller';
import { BillingController } from './billing.controller';
import { CallersService } from './callers.service';
import { ChannelController } from './channel.controller';
import { EDGE_CONFIG, type EdgeConfig } from './edge.config';
import { GuideController } from './guide.controller';
import { GuideService } from './guide.service';
import { InsightsController } from './insights.controller';
import { InsightsOwnersService } from './insights-owners.service';
import { InsightsService } from './insights.service';
import { KeyCacheService } from './key-cache.service';
import { KeysService } from './keys.service';
import { MetaWebhooksController } from './meta-webhooks.controller';
import { MetaWebhooksService } from './meta-webhooks.service';
import { MembersController } from './members.controller';
import { MessagesController } from './messages.controller';
import { MessagesService } from './messages.service';
import { OrganizationsController } from './organizations.controller';
import { OwnersService } from './owners.service';
import { PasswordsController } from './passwords.controller';
import { RouteTable } from './route-table';
import { SandboxMessagesController } from './sandbox-messages.controller';
import { SandboxMessagesService } from './sandbox-messages.service';
import { SandboxWebhookController } from './sandbox-webhook.controller';
import { SendsController } from './sends.controller';
import { SendsService } from './sends.service';
import { SessionAnswers } from './session-answers.service';
import { SessionCookie } from './session-cookie';
import { SessionsService } from './sessions.service';
import { SimulatorController } from './simulator.controller';
import { SimulatorService } from './simulator.service';
import { SubmissionsService } from './submissions.service';
import { WebhooksController } from './webhooks.controller';
import { WebhooksService } from './webhooks.service';
import { TestNumbersController } from './test-numbers.controller';
import { UsersController } from './users.controller';
import { WalletController } from './wallet.controller';

/** The edge: public HTTP API in front of the path; needs the transport and the health registry of its process. */
@Module({})
export class EdgeModule implements OnModuleInit {
  constructor(
    @Inject(HEALTH) private readonly health: HealthRegistry,
    @Inject(MESSAGING) private readonly messaging: Messaging,
  ) {}

  static register(config: EdgeConfig): DynamicModule {
    const commandSealing = {
      current: config.commandSealingKey,
      previous: config.commandSealingKeyPrevious,
    };
    return {
      module: EdgeModule,
      imports: [MessagingModule.forService({ service: 'edge', commandSealing })],
      controllers: [
        SendsController,
        MessagesController,
        MetaWebhooksController,
        WalletController,
        BillingController,
        GuideController,
        AuthController,
        WebhooksController,
        SandboxWebhookController,
        SandboxMessagesController,
        SimulatorController,
        PasswordsController,
        UsersController,
        MembersController,
        OrganizationsController,
        TestNumbersController,
        ApiKeysController,
        ApplicationsController,
        ApplicationMessagesController,
        ChannelController,
        InsightsController,
        SimulatorController,
      ],
      providers: [
        { provide: EDGE_CONFIG, useValue: config },
        KeyCacheService,
        KeysService,
        CallersService,
        SubmissionsService,
        SendsService,
        MessagesService,
        ApplicationMessagesService,
        SandboxMessagesService,
        MetaWebhooksService,
        GuideService,
        InsightsOwnersService,
        InsightsService,
        OwnersService,
        RouteTable,
        SessionAnswers,
        SessionCookie,
        SessionsService,
        SimulatorService,
        AccessTokensService,
        WebhooksService,
      ],
    };
  }
  onModuleInit(): void {
    this.health.add('edge messaging', () => {
      const { isReady, reasons } = this.messaging.health();
      return isReady ? null : reasons.join(', ');
    });
  }
}
