import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SEED_ACTOR } from './audit.store';
import type { DerivedTenant, SeededTenant } from './demo-identity';
import { MembershipsStore } from './memberships.store';
import { PasswordHasher } from './password-hasher';
import { TenancyChanges } from './tenancy-changes.service';
import { UsersStore } from './users.store';

/** Makes the one who signs in to a seeded organization. */
@Injectable()
export class OwnerSeeder {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: TenancyChanges,
    private readonly users: UsersStore,
    private readonly memberships: MembershipsStore,
    private readonly hasher: PasswordHasher,
  ) {}

  /** A user who is there stays as he is, with the password that he may have given himself. */
  async insertMissing({ organizationId, owner }: SeededTenant, ids: DerivedTenant): Promise<void> {
    if ((await this.users.find(this.dataSource.manager, owner.id)) !== null) return;
    const passwordHash = await this.hasher.hash(owner.password);
    await this.changes.commit(SEED_ACTOR, async (change) => {
      const { manager, at } = change;
      const { id, email } = owner;
      const name = { firstName: 'Demo', lastName: 'Owner' };
      await this.users.insert(manager, { id, email, ...name, passwordHash, state: 'ACTIVE' }, at);
      const membership = { id: ids.uuid('membership'), orgId: organizationId, userId: id };
      await this.memberships.insert(manager, { ...membership, role: 'owner' }, at);
      change.audit({ orgId: organizationId, action: 'user.created', entityId: id });
    });
  }
}
