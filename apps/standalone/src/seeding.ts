import { createLogger, loadConfig, type Environment } from '@gateway/platform';
import { NestFactory } from '@nestjs/core';
import { ApplicationsService } from '../../auth/src/applications.service';
import { AUTH_VARIABLES } from '../../auth/src/auth.config';
import { AuthSeedService } from '../../auth/src/auth-seed.service';
import { KeysService } from '../../auth/src/keys.service';
import { TenancyChanges } from '../../auth/src/tenancy-changes.service';
import { TenancyModule } from '../../auth/src/tenancy.module';
import { BILLING_VARIABLES } from '../../billing/src/billing.config';
import { RateCardsService } from '../../billing/src/rate-cards.service';
import { WalletModule } from '../../billing/src/wallet.module';
import { WalletService } from '../../billing/src/wallet.service';

/** What makes tenants: the same services that do it in auth and billing, on the database alone. */
export interface Seeding {
  readonly seeds: AuthSeedService;
  readonly applications: ApplicationsService;
  readonly wallets: WalletService;
  readonly rateCards: RateCardsService;
  readonly keys: KeysService;
  readonly changes: TenancyChanges;
  close(): Promise<void>;
}

/** @param environments of auth and of billing, as their own processes read them */
export async function openSeeding(environments: {
  readonly auth: Environment;
  readonly billing: Environment;
}): Promise<Seeding> {
  const [auth, billing] = await Promise.all([
    NestFactory.createApplicationContext(
      TenancyModule.register(
        loadConfig(AUTH_VARIABLES, environments.auth),
        createLogger({ service: 'seed', level: 'warn' }),
      ),
      { logger: false },
    ),
    NestFactory.createApplicationContext(
      WalletModule.register(loadConfig(BILLING_VARIABLES, environments.billing)),
      { logger: false },
    ),
  ]);
  return {
    seeds: auth.get(AuthSeedService),
    applications: auth.get(ApplicationsService),
    wallets: billing.get(WalletService),
    rateCards: billing.get(RateCardsService),
    keys: auth.get(KeysService),
    changes: auth.get(TenancyChanges),
    close: async () => {
      await Promise.all([auth.close(), billing.close()]);
    },
  };
}
