import type { CommandReply, CommandRequest, OrganizationRecord } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { asTenant } from '@gateway/platform';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { withPlus } from './domain/phone-number';
import { MembershipsStore } from './memberships.store';
import { OrganizationsStore } from './organizations.store';
import type { TenancyChange } from './tenancy-changes.service';
import { UsersStore } from './users.store';

/** The tenants: whoever pays has one organization. */
@Injectable()
export class OrganizationsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly organizations: OrganizationsStore,
    private readonly memberships: MembershipsStore,
    private readonly users: UsersStore,
  ) {}

  /**
   * Always a new organization, its maker the owner; two may bear the same name.
   * @throws AppError GW_011 when he has one
   */
  async create(
    change: TenancyChange,
    request: CommandRequest<'auth', 'organization.create'>,
  ): Promise<void> {
    const { manager, at } = change;
    const { userId, organizationName: name, organizationWebsite: website } = request;
    const { businessRole, accountType } = request;
    await this.users.lock(manager, userId);
    if ((await this.memberships.ofUser(manager, userId)) !== null) throw hasOne();
    const orgId = change.newId();
    const row = { id: orgId, name, website, businessRole, accountType };
    await this.organizations.insert(manager, row, at);
    const membership = { id: change.newId(), orgId, userId, role: 'owner' } as const;
    await this.memberships.insert(manager, membership, at);
    change.audit({ orgId, action: 'organization.created', entityId: orgId });
  }

  /**
   * For operators and seeds: an organization that nobody signed up for.
   * @param name 1 to 200 characters
   * @returns its id
   */
  async createEmpty(change: TenancyChange, name: string): Promise<string> {
    const id = change.newId();
    await this.organizations.insertMissing(change.manager, [{ id, name }], change.at);
    change.audit({ orgId: id, action: 'organization.created', entityId: id });
    return id;
  }

  async ofUser(userId: string): Promise<OrganizationRecord[]> {
    return this.organizations.ofUser(this.dataSource.manager, userId);
  }

  async contact(orgId: string): Promise<CommandReply<'auth', 'organization.contact'>> {
    const contact = await asTenant(this.dataSource, orgId, (manager) =>
      this.organizations.contact(manager, orgId),
    );
    return contact && { ...contact, phoneNumber: withPlus(contact.phoneNumber) };
  }
}

const hasOne = (): AppError =>
  new AppError('GW_011', { params: { reason: 'the user has an organization already' } });
