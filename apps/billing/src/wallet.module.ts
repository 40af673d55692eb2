import { CLOCK, LOGGER, createLogger, openDatabase, systemClock } from '@gateway/platform';
import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BILLING_SETTINGS, settingsOf, type BillingConfig } from './billing.config';
import { BILLING_DATABASE } from './billing.database';
import { HoldsStore } from './holds.store';
import { LedgerStore } from './ledger.store';
import { RateCardsService } from './rate-cards.service';
import { RateCardsStore } from './rate-cards.store';
import { WalletService } from './wallet.service';

/** Wallets, holds and ledger in the database alone: what the service, seeds and operators' tools work with. */
@Module({})
export class WalletModule implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  static register(config: BillingConfig): DynamicModule {
    return {
      module: WalletModule,
      providers: [
        { provide: CLOCK, useValue: systemClock },
        {
          provide: LOGGER,
          useFactory: () => createLogger({ service: 'billing', level: config.logLevel }),
        },
        { provide: BILLING_SETTINGS, useValue: settingsOf(config) },
        {
          provide: DataSource,
          useFactory: () =>
            openDatabase({
              url: config.databaseUrl,
              definition: BILLING_DATABASE,
              poolMax: config.databasePoolMax,
              service: 'billing',
            }),
        },
        HoldsStore,
        LedgerStore,
        RateCardsStore,
        RateCardsService,
        WalletService,
      ],
      exports: [
        CLOCK,
        LOGGER,
        BILLING_SETTINGS,
        DataSource,
        HoldsStore,
        LedgerStore,
        RateCardsStore,
        RateCardsService,
        WalletService,
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}
