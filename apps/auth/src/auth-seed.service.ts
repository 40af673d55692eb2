import { SealError } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SEED_ACTOR } from './audit.store';
import { ApplicationsService, type ChannelCredentials } from './applications.service';
import { ChannelsStore } from './channels.store';
import { Credentials } from './credentials';
import { DerivedTenant, type SeededTenant } from './demo-identity';
import { TenantSeeder, type SeedLimits, type TenantSeed } from './tenant-seeder.service';

/** Nest token: whether this installation may have tenants that nobody signed up for. */
export const IS_SEEDING_ALLOWED = Symbol('IsSeedingAllowed');

interface DemoOptions {
  /** 32 random bytes that this installation alone has: everything is derived from them. */
  readonly installationKey: Buffer;
  readonly channel: ChannelCredentials;
  /** The number that the staging key may send to, E.164. */
  readonly testNumber: string;
}

interface TenantsOptions {
  readonly installationKey: Buffer;
  readonly count: number;
  readonly accessToken: string;
  readonly testNumber: string;
  /** Meta's id of the first tenant's number; the others count up from it. */
  readonly firstPhoneNumberId: number;
  readonly wabaId: string;
  /** Limits of every key; `contract.md` section 3 unless given. */
  readonly limits?: SeedLimits;
}

/** Compares what is stored with what the configuration says now. */
@Injectable()
export class ChannelComparison {
  constructor(
    private readonly channels: ChannelsStore,
    private readonly credentials: Credentials,
  ) {}

  async isSame(
    { manager }: DataSource,
    appId: string,
    wanted: ChannelCredentials,
  ): Promise<boolean> {
    const stored = await this.channels.find(manager, appId);
    if (stored?.phoneNumberId !== wanted.phoneNumberId || stored.wabaId !== wanted.wabaId) {
      return false;
    }
    const { id: rowId, orgId } = stored;
    const place = { orgId, table: 'channels', rowId, field: 'access_token' } as const;
    try {
      return this.credentials.open(place, stored.sealedAccessToken) === wanted.accessToken;
    } catch (error) {
      if (error instanceof SealError) return false; // sealed under a key that is gone: sealed anew
      throw error;
    }
  }
}

/** The demo organization of an embedded installation, and tenants by the thousand for measurements. */
@Injectable()
export class AuthSeedService {
  constructor(
    @Inject(IS_SEEDING_ALLOWED) private readonly isAllowed: boolean,
    private readonly dataSource: DataSource,
    private readonly seeder: TenantSeeder,
    private readonly applications: ApplicationsService,
    private readonly channelCheck: ChannelComparison,
  ) {}

  /**
   * Makes the demo organization, or finds it and gives its channel the number and token of `options` when they differ.
   * @throws Error unless AUTH_SEED_DEMO is true
   */
  async seedDemo(options: DemoOptions): Promise<SeededTenant> {
    const { installationKey, channel, testNumber } = options;
    const seed = seedOf('demo', 'Demo organization', { installationKey, channel, testNumber });
    await this.seed([seed]);
    await this.seeder.insertOwner(seed);
    const { organizationId: orgId, appId } = seed.tenant;
    if (!(await this.channelCheck.isSame(this.dataSource, appId, channel))) {
      await this.applications.connectChannel({ orgId, appId }, channel, SEED_ACTOR);
    }
    return seed.tenant;
  }

  /**
   * Makes `count` organizations, each with an active application and both keys; those that are there stay.
   * @throws Error unless AUTH_SEED_DEMO is true
   */
  async seedTenants(options: TenantsOptions): Promise<SeededTenant[]> {
    const { installationKey, count, accessToken, firstPhoneNumberId, wabaId, testNumber } = options;
    const seeds = Array.from({ length: count }, (_, index) => ({
      ...seedOf(`tenant-${index}`, `Tenant ${index}`, {
        installationKey,
        channel: { phoneNumberId: String(firstPhoneNumberId + index), wabaId, accessToken },
        testNumber,
      }),
      limits: options.limits,
    }));
    await this.seed(seeds);
    return seeds.map(({ tenant }) => tenant);
  }

  private async seed(seeds: readonly TenantSeed[]): Promise<void> {
    if (!this.isAllowed) throw new Error('Tenants are seeded only where AUTH_SEED_DEMO is true.');
    await this.seeder.insertMissing(seeds);
  }
}

const seedOf = (name: string, organizationName: string, options: DemoOptions): TenantSeed => {
  const ids = new DerivedTenant(options.installationKey, name);
  const { channel, testNumber } = options;
  return {
    tenant: ids.tenant(channel.phoneNumberId),
    ids,
    organizationName,
    channel,
    testNumber,
  };
};
