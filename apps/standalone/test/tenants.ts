import { randomBytes, randomInt } from 'node:crypto';
import { openInstallationSeeding } from '../../../tools/seed/seed-tenants';
import type { Seeding } from '../src/seeding';
import type { GatewayProcess } from './gateway-process';

export interface Tenant {
  readonly orgId: string;
  /** UUID of the application. */
  readonly appId: string;
  readonly handle: string;
  readonly productionKey: string;
  readonly stagingKey: string;
  /** The one number that the staging key may send to, digits. */
  readonly testNumber: string;
  readonly phoneNumberId: string;
}

interface TenantOptions {
  /** $10 unless given; zero: no wallet was ever opened. */
  readonly balanceMicroUsd?: bigint;
  readonly isDraft?: boolean;
  readonly limitPerSecond?: number;
  readonly limitPerMinute?: number;
  readonly dailyLimit?: number;
}

const TEST_NUMBER = '905327654321';

/** An organization of its own for a test: nothing of another test is in its wallet, windows or messages. */
export async function createTenant(
  gateway: GatewayProcess,
  { balanceMicroUsd = 10_000_000n, isDraft = false, ...limits }: TenantOptions,
): Promise<Tenant> {
  const seeding = await openInstallationSeeding(gateway.dataDir);
  try {
    const [seeded] = await seeding.seeds.seedTenants({
      installationKey: randomBytes(32),
      count: 1,
      accessToken: 'EAAsimulator',
      testNumber: `+${TEST_NUMBER}`,
      firstPhoneNumberId: randomInt(100_000_000_000, 200_000_000_000),
      wabaId: '102290129340398',
      limits: {
        perSecond: limits.limitPerSecond ?? 80,
        perMinute: limits.limitPerMinute ?? 4_800,
        perDay: limits.dailyLimit,
      },
    });
    if (!seeded) throw new Error('no tenant was made');
    const { organizationId: orgId, appId, handle, keys, phoneNumberId } = seeded;
    if (balanceMicroUsd > 0n) await seeding.wallets.seedWallets([orgId], balanceMicroUsd);
    if (isDraft) {
      await seeding.applications.changeStatus({ orgId, appId }, 'DRAFT', {
        kind: 'system',
        id: 'test',
      });
    }
    return {
      orgId,
      appId,
      handle,
      productionKey: keys.production,
      stagingKey: keys.staging,
      testNumber: TEST_NUMBER,
      phoneNumberId,
    };
  } finally {
    await seeding.close();
  }
}

/** Revokes the production key as its owner does, in the database of auth; returns its id. */
export async function revokeProductionKey(
  gateway: GatewayProcess,
  { orgId, handle }: Tenant,
): Promise<string> {
  const seeding = await openInstallationSeeding(gateway.dataDir);
  try {
    const keyId = await productionKeyId(seeding, { orgId, handle });
    await seeding.changes.commit({ kind: 'system', id: 'test' }, (change) =>
      seeding.keys.revoke(change, { application: { orgId, handle }, keyId }),
    );
    return keyId;
  } finally {
    await seeding.close();
  }
}

async function productionKeyId(
  { keys }: Pick<Seeding, 'keys'>,
  application: { readonly orgId: string; readonly handle: string },
): Promise<string> {
  const { keys: records } = await keys.list({ application, pageNumber: 1, pageSize: 10 });
  const record = records.find(({ environment }) => environment === 'production');
  if (!record) throw new Error('the tenant has no production key');
  return record.id;
}
