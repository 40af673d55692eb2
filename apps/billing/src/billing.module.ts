import { MESSAGING, MessagingModule, type Messaging } from '@gateway/messaging';
import {
  HEALTH,
  LOGGER,
  createLogger,
  watchDatabase,
  type HealthRegistry,
  type Logger,
} from '@gateway/platform';
import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccountsService } from './accounts.service';
import { AccountsStore } from './accounts.store';
import { BILLING_SETTINGS, type BillingConfig, type BillingSettings } from './billing.config';
import { BillingController } from './billing.controller';
import { FeesService } from './fees.service';
import { HoldConsumer } from './hold.consumer';
import { HoldReconcilerService } from './hold-reconciler.service';
import { HoldService } from './hold.service';
import { LedgerMonitorService } from './ledger-monitor.service';
import { PriceConsumer } from './price.consumer';
import { PriceService } from './price.service';
import { SettleConsumer } from './settle.consumer';
import { SettleService } from './settle.service';
import { UsageService } from './usage.service';
import { UsageStore } from './usage.store';
import { WalletModule } from './wallet.module';

/** The billing service; needs the transport and the health registry of its process. */
@Module({})
export class BillingModule implements OnModuleInit, OnApplicationShutdown {
  private readonly database: ReturnType<typeof watchDatabase>;

  constructor(
    @Inject(HEALTH) private readonly health: HealthRegistry,
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    dataSource: DataSource,
  ) {
    this.database = watchDatabase(dataSource);
  }

  static register(config: BillingConfig): DynamicModule {
    const wallets = WalletModule.register(config);
    return {
      module: BillingModule,
      imports: [
        wallets,
        MessagingModule.forService({
          service: 'billing',
          commandSealing: {
            current: config.commandSealingKey,
            previous: config.commandSealingKeyPrevious,
          },
          logger: createLogger({ service: 'billing', level: config.logLevel }),
        }),
      ],
      controllers: [HoldConsumer, SettleConsumer, PriceConsumer, BillingController],
      providers: [
        AccountsStore,
        AccountsService,
        FeesService,
        HoldService,
        SettleService,
        PriceService,
        UsageStore,
        UsageService,
        HoldReconcilerService,
        LedgerMonitorService,
      ],
      exports: [wallets],
    };
  }

  onModuleInit(): void {
    if (this.settings.paymentProvider === 'none') this.logger.warn({}, 'payments.no-provider');
    this.health.add('billing database', this.database.check);
    this.health.add('billing messaging', () => {
      const { isReady, reasons } = this.messaging.health();
      return isReady ? null : reasons.join(', ');
    });
  }

  onApplicationShutdown(): void {
    this.database.stop();
  }
}
