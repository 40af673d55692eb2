import { processEnvironment } from '@gateway/platform';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeededTenant } from '../../apps/auth/src/demo-identity';
import { embeddedEnvironment } from '../../apps/standalone/src/embedded-environment';
import { Installation } from '../../apps/standalone/src/installation';
import { openSeeding, type Seeding } from '../../apps/standalone/src/seeding';

/** Far above what any test or measurement sends. */
const LIMITS = { perSecond: 100_000, perMinute: 1_000_000 };
const BALANCE_MICRO_USD = 1_000_000_000_000n;

/** Seeding for the installation in a data folder, whose gateway is running. */
export function openInstallationSeeding(dataDir: string): Promise<Seeding> {
  const installation = Installation.open(dataDir);
  const parts = {
    ownerDatabaseUrl: readFileSync(join(dataDir, 'database.url'), 'utf8').trim(),
    metaBaseUrl: 'http://127.0.0.1',
  };
  const environment = (service: 'auth' | 'billing') =>
    embeddedEnvironment(service, installation, parts, { PATH: processEnvironment().PATH });
  return openSeeding({ auth: environment('auth'), billing: environment('billing') });
}

/** Organizations with an application, a number of their own, both keys, and all the money they need. */
export async function seedTenants(options: {
  readonly dataDir: string;
  readonly count: number;
}): Promise<SeededTenant[]> {
  const seeding = await openInstallationSeeding(options.dataDir);
  try {
    const tenants = await seeding.seeds.seedTenants({
      installationKey: Installation.open(options.dataDir).derive('seeded tenants'),
      count: options.count,
      accessToken: 'EAAsimulator',
      testNumber: '+905321234567',
      firstPhoneNumberId: 200_000_000_000_000,
      wabaId: '102290129340398',
      limits: LIMITS,
    });
    await seeding.wallets.seedWallets(
      tenants.map(({ organizationId }) => organizationId),
      BALANCE_MICRO_USD,
    );
    return tenants;
  } finally {
    await seeding.close();
  }
}
