import { randomBytes, randomInt } from 'node:crypto';
import { openInstallationSeeding } from '../seed/seed-tenants';
import type { Sender } from './load';

const LIMITS = { perSecond: 10_000, perMinute: 100_000 };

/** Organizations of their own for one run, so that nothing of another is in their wallets or messages. */
export async function makeSenders(
  dataDir: string,
  count: number,
  balanceMicroUsd: bigint,
): Promise<readonly Sender[]> {
  const seeding = await openInstallationSeeding(dataDir);
  try {
    const tenants = await seeding.seeds.seedTenants({
      installationKey: randomBytes(32),
      count,
      accessToken: 'EAAsimulator',
      testNumber: '+905327654321',
      firstPhoneNumberId: randomInt(100_000_000_000, 200_000_000_000),
      wabaId: '102290129340398',
      limits: LIMITS,
    });
    const senders = tenants.map(({ organizationId, appId, keys, phoneNumberId }) => ({
      orgId: organizationId,
      appId,
      key: keys.production,
      phoneNumberId,
    }));
    await seeding.wallets.seedWallets(
      senders.map(({ orgId }) => orgId),
      balanceMicroUsd,
    );
    return senders;
  } finally {
    await seeding.close();
  }
}
