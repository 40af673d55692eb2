import { Injectable } from '@nestjs/common';
import type { ChannelCredentials } from './applications.service';
import { ApplicationsStore } from './applications.store';
import { SEED_ACTOR, type AuditEntry } from './audit.store';
import { ChannelsStore } from './channels.store';
import { Credentials } from './credentials';
import type { DerivedTenant, SeededTenant } from './demo-identity';
import { DEFAULT_LIMITS } from './domain/key-requests';
import { phoneNumberDigits } from './domain/phone-number';
import { KeyHasher } from './key-hasher';
import { keyCreated } from './keys.service';
import { KeysStore, type KeyRow } from './keys.store';
import { OrganizationsStore } from './organizations.store';
import { OwnerSeeder } from './owner-seeder.service';
import { TenancyChanges, type TenancyChange } from './tenancy-changes.service';
import { TestNumbersStore } from './test-numbers.store';

/** Limits of the keys of a tenant. */
export interface SeedLimits {
  readonly perSecond: number;
  readonly perMinute: number;
  /** Absent: the day has none. */
  readonly perDay?: number;
}

/** A whole tenant, with everything that has to be known to make it. */
export interface TenantSeed {
  readonly tenant: SeededTenant;
  readonly ids: DerivedTenant;
  readonly organizationName: string;
  readonly channel: ChannelCredentials;
  readonly testNumber: string;
  readonly limits?: SeedLimits;
}

const TENANTS_OF_A_TRANSACTION = 500;

@Injectable()
export class TenantSeedStores {
  constructor(
    readonly organizations: OrganizationsStore,
    readonly applications: ApplicationsStore,
    readonly channels: ChannelsStore,
    readonly keys: KeysStore,
    readonly testNumbers: TestNumbersStore,
  ) {}
}

/** Makes whole tenants, a few hundred in one transaction and one statement for each table. */
@Injectable()
export class TenantSeeder {
  constructor(
    private readonly changes: TenancyChanges,
    private readonly stores: TenantSeedStores,
    private readonly credentials: Credentials,
    private readonly hasher: KeyHasher,
    private readonly owners: OwnerSeeder,
  ) {}

  /** Tenants whose organization is there already stay as they are. */
  async insertMissing(seeds: readonly TenantSeed[]): Promise<void> {
    for (let start = 0; start < seeds.length; start += TENANTS_OF_A_TRANSACTION) {
      const chunk = seeds.slice(start, start + TENANTS_OF_A_TRANSACTION);
      await this.changes.commit(SEED_ACTOR, (change) => this.insertChunk(change, chunk));
    }
  }

  /** Somebody who signs in to a tenant that is there. */
  async insertOwner({ tenant, ids }: TenantSeed): Promise<void> {
    await this.owners.insertMissing(tenant, ids);
  }

  private async insertChunk(change: TenancyChange, chunk: readonly TenantSeed[]): Promise<void> {
    const { manager, at } = change;
    const organizations = chunk.map(({ tenant, organizationName }) => ({
      id: tenant.organizationId,
      name: organizationName,
    }));
    const added = new Set(
      await this.stores.organizations.insertMissing(manager, organizations, at),
    );
    const missing = chunk.filter(({ tenant }) => added.has(tenant.organizationId));
    if (missing.length === 0) return;
    const applications = missing.map(({ tenant, organizationName }) => ({
      id: tenant.appId,
      orgId: tenant.organizationId,
      handle: tenant.handle,
      displayName: organizationName,
      status: 'ACTIVATED' as const,
    }));
    const channels = missing.map((seed) => this.channel(seed));
    const testNumbers = missing.map((seed) => this.testNumber(seed));
    const keys = missing.flatMap((seed) => this.keys(seed, at));
    await this.stores.applications.insert(manager, applications, at);
    await this.stores.channels.insert(manager, channels, at);
    await this.stores.testNumbers.insert(manager, testNumbers, at);
    await this.stores.keys.insert(manager, keys);
    for (const seed of missing) change.audit(...tenantCreated(seed));
    change.audit(...keys.map((key) => keyCreated(key)));
    change.publish(
      ...applications.map(({ id }) => ({ kind: 'application', id }) as const),
      ...keys.map(({ keyHash }) => ({ kind: 'key', id: keyHash }) as const),
    );
  }

  private channel({ tenant, ids, channel }: TenantSeed) {
    const { organizationId: orgId, appId: applicationId } = tenant;
    const { phoneNumberId, wabaId, accessToken } = channel;
    const id = ids.uuid('channel');
    const place = { orgId, table: 'channels', rowId: id, field: 'access_token' } as const;
    const sealedAccessToken = this.credentials.seal(place, accessToken);
    return { id, orgId, applicationId, phoneNumberId, wabaId, sealedAccessToken };
  }

  private testNumber({ tenant, ids, testNumber }: TenantSeed) {
    const { organizationId: orgId, appId: applicationId } = tenant;
    const digits = phoneNumberDigits(testNumber);
    if (digits === null) throw new RangeError('The test number is no number in E.164.');
    const id = ids.uuid('test number');
    const place = { orgId, table: 'test_numbers', rowId: id, field: 'phone_number' } as const;
    return {
      id,
      orgId,
      applicationId,
      slot: 1,
      title: null,
      phoneNumberHash: this.hasher.hashNumber(digits),
      sealedPhoneNumber: this.credentials.seal(place, digits),
    };
  }

  private keys({ tenant, ids, limits }: TenantSeed, createdAt: Date): KeyRow[] {
    return (['production', 'staging'] as const).map((environment) => ({
      id: ids.uuid(`${environment} key id`),
      orgId: tenant.organizationId,
      applicationId: tenant.appId,
      name: environment === 'production' ? 'Production' : 'Staging',
      environment,
      keyHash: this.hasher.hashKey(tenant.keys[environment]),
      last4: tenant.keys[environment].slice(-4),
      limitPerSecond: limits?.perSecond ?? DEFAULT_LIMITS.perSecond,
      limitPerMinute: limits?.perMinute ?? DEFAULT_LIMITS.perMinute,
      dailyLimit: limits?.perDay ?? null,
      concurrencyLimit: null,
      expiresAt: null,
      createdAt,
    }));
  }
}

function tenantCreated({ tenant, ids, channel }: TenantSeed): AuditEntry[] {
  const { organizationId: orgId, appId, handle } = tenant;
  const { phoneNumberId, wabaId } = channel;
  return [
    { orgId, action: 'organization.created', entityId: orgId },
    { orgId, action: 'application.created', entityId: appId, details: { handle } },
    {
      orgId,
      action: 'channel.connected',
      entityId: ids.uuid('channel'),
      details: { phoneNumberId, wabaId },
    },
    {
      orgId,
      action: 'test_number.added',
      entityId: ids.uuid('test number'),
      details: { slot: 1 },
    },
  ];
}
