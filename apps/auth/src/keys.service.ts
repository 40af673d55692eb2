import { API_KEY_PREFIXES, type ApiKeyRecord, type CommandReply } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { asTenant, CLOCK, RANDOM, type Clock, type Random } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ApplicationsStore } from './applications.store';
import type { ApplicationReference, KeyPage, KeyReference, NewKey } from './domain/key-requests';
import { API_KEY_BYTES, KeyHasher, apiKeyOf } from './key-hasher';
import { KeysStore, type KeyRow } from './keys.store';
import type { TenancyChange } from './tenancy-changes.service';

type NewKeyReply = CommandReply<'auth', 'keys.create'>;
type KeyListReply = CommandReply<'auth', 'keys.list'>;

/** Where keys and the applications that they belong to are stored. */
@Injectable()
export class KeysServiceStores {
  constructor(
    readonly keys: KeysStore,
    readonly applications: ApplicationsStore,
  ) {}
}

/** API keys of an application: made, listed, revoked. Changes are made inside the caller's `TenancyChange`. */
@Injectable()
export class KeysService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: KeysServiceStores,
    private readonly hasher: KeyHasher,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM) private readonly random: Random,
  ) {}

  /**
   * @returns the record with the key in full: nobody can ever read it again
   * @throws AppError GW_404 when the application is not the organization's
   */
  async create(change: TenancyChange, request: NewKey): Promise<NewKeyReply> {
    const { application, name, environment, limitPerSecond, limitPerMinute } = request;
    const { dailyLimit, concurrencyLimit } = request;
    const { orgId, handle } = application;
    const applicationId = await this.applicationId(change.manager, application);
    const key = apiKeyOf(environment, this.random.bytes(API_KEY_BYTES));
    const row: KeyRow = {
      id: change.newId(),
      orgId,
      applicationId,
      name,
      environment,
      keyHash: this.hasher.hashKey(key),
      last4: key.slice(-4),
      limitPerSecond,
      limitPerMinute,
      dailyLimit,
      concurrencyLimit,
      expiresAt: request.expiresAtMs === null ? null : new Date(request.expiresAtMs),
      createdAt: change.at,
    };
    await this.stores.keys.insert(change.manager, [row]);
    change.audit(keyCreated(row));
    change.publish({ kind: 'key', id: row.keyHash });
    return { ...this.record(handle, row), key };
  }

  /** @throws AppError GW_404 when the application is not the organization's */
  async list({ application, pageNumber, pageSize }: KeyPage): Promise<KeyListReply> {
    const page = { offset: (pageNumber - 1) * pageSize, limit: pageSize };
    const { rows, totalCount } = await asTenant(
      this.dataSource,
      application.orgId,
      async (manager) =>
        this.stores.keys.list(manager, await this.applicationId(manager, application), page),
    );
    return { keys: rows.map((row) => this.record(application.handle, row)), totalCount };
  }

  /** @throws AppError GW_404 when the key is not the application's, or is revoked already */
  async revoke(change: TenancyChange, { application, keyId }: KeyReference): Promise<void> {
    const applicationId = await this.applicationId(change.manager, application);
    const keyHash = await this.stores.keys.revoke(change.manager, applicationId, keyId, change.at);
    if (keyHash === null) throw new AppError('GW_404');
    change.audit({ orgId: application.orgId, action: 'api_key.revoked', entityId: keyId });
    change.publish({ kind: 'key', id: keyHash });
  }

  private async applicationId(
    manager: EntityManager,
    { orgId, handle }: ApplicationReference,
  ): Promise<string> {
    const id = await this.stores.applications.findId(manager, orgId, handle);
    if (id === null) throw new AppError('GW_404');
    return id;
  }

  private record(handle: string, row: Omit<KeyRow, 'keyHash' | 'orgId' | 'applicationId'>) {
    const { id, name, environment, last4, limitPerSecond, limitPerMinute, expiresAt } = row;
    const { dailyLimit, concurrencyLimit } = row;
    return {
      id,
      appId: handle,
      name,
      prefix: API_KEY_PREFIXES[environment],
      last4,
      environment,
      isActive: expiresAt === null || expiresAt.getTime() > this.clock.nowMs(),
      limitPerSecond,
      limitPerMinute,
      dailyLimit,
      concurrencyLimit,
      expiresAt: expiresAt?.toISOString() ?? null,
      createdAt: row.createdAt.toISOString(),
    } satisfies ApiKeyRecord;
  }
}

/** The entry of the audit log for a new key. */
export const keyCreated = (row: KeyRow) =>
  ({
    orgId: row.orgId,
    action: 'api_key.created',
    entityId: row.id,
    details: {
      applicationId: row.applicationId,
      name: row.name,
      environment: row.environment,
      expiresAt: row.expiresAt?.toISOString() ?? null,
    },
  }) as const;
