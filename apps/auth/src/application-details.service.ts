import type {
  ApplicationRecord,
  ApplicationReference,
  ApplicationSummary,
  ChannelRecord,
  CommandRequest,
} from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { asTenant } from '@gateway/platform';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ApplicationsService, type ChannelCredentials } from './applications.service';
import { ApplicationsStore, LISTED_MAX, type ApplicationDetail } from './applications.store';
import { PhoneNumberTakenError } from './channels.store';
import { phoneNumberDigits, withPlus } from './domain/phone-number';
import { OrganizationsStore } from './organizations.store';
import type { TenancyChange } from './tenancy-changes.service';

@Injectable()
export class ApplicationDetailStores {
  constructor(
    readonly applications: ApplicationsStore,
    readonly organizations: OrganizationsStore,
  ) {}
}

/** Applications as their organization sees them. Changes are made inside the caller's `TenancyChange`. */
@Injectable()
export class ApplicationDetailsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: ApplicationDetailStores,
    private readonly applications: ApplicationsService,
  ) {}

  list(orgId: string): Promise<ApplicationSummary[]> {
    return asTenant(this.dataSource, orgId, (manager) =>
      this.stores.applications.list(manager, orgId),
    );
  }

  /** @throws AppError GW_404 when it is not the organization's */
  async get({ orgId, appId }: ApplicationReference): Promise<ApplicationRecord> {
    const detail = await asTenant(this.dataSource, orgId, (manager) =>
      this.detail(manager, orgId, appId),
    );
    return record(detail);
  }

  /** @throws AppError GW_011 when the organization has as many as it may have */
  async create(
    change: TenancyChange,
    { orgId, applicationName }: CommandRequest<'auth', 'application.create'>,
  ): Promise<ApplicationRecord> {
    const { manager } = change;
    await this.stores.organizations.lock(manager, orgId);
    if ((await this.stores.applications.count(manager, orgId)) >= LISTED_MAX) {
      const reason = `an organization has at most ${LISTED_MAX} applications`;
      throw new AppError('GW_011', { params: { reason } });
    }
    const { handle } = await this.applications.createIn(change, orgId, applicationName);
    return record(await this.detail(manager, orgId, handle));
  }

  /** @throws AppError GW_404 when it is not the organization's */
  async change(
    change: TenancyChange,
    { orgId, appId, applicationName, contact }: CommandRequest<'auth', 'application.change'>,
  ): Promise<ApplicationRecord> {
    const { manager, at } = change;
    const { id } = await this.detail(manager, orgId, appId);
    const phoneNumber = contact?.phoneNumber;
    const wanted = {
      displayName: applicationName,
      contact: {
        name: contact?.name,
        email: contact?.email,
        phoneNumber: typeof phoneNumber === 'string' ? phoneNumberDigits(phoneNumber) : phoneNumber,
      },
    };
    await this.stores.applications.change(manager, id, wanted, at);
    change.audit({ orgId, action: 'application.changed', entityId: id });
    return record(await this.detail(manager, orgId, appId));
  }

  /**
   * @param channel checked against Meta
   * @throws AppError GW_404 when the application is not the organization's, GW_011 when another has the number
   */
  async connect(
    change: TenancyChange,
    { orgId, appId }: ApplicationReference,
    channel: ChannelCredentials,
  ): Promise<ChannelRecord> {
    const { manager } = change;
    const { id } = await this.detail(manager, orgId, appId);
    try {
      await this.applications.connectChannelIn(change, { orgId, appId: id }, channel);
    } catch (error) {
      if (!(error instanceof PhoneNumberTakenError)) throw error;
      throw new AppError('GW_011', { params: { reason: 'the phone number is connected already' } });
    }
    const connected = channelOf(await this.detail(manager, orgId, appId));
    if (connected === null) throw new Error('the channel was not stored');
    return connected;
  }

  private async detail(
    manager: EntityManager,
    orgId: string,
    appId: string,
  ): Promise<ApplicationDetail> {
    const detail = await this.stores.applications.detail(manager, orgId, appId);
    if (detail === null) throw new AppError('GW_404');
    return detail;
  }
}

function record(detail: ApplicationDetail): ApplicationRecord {
  const { id, appId, displayName, status, createdAt, updatedAt } = detail;
  const { contactName: name, contactEmail: email, contactPhoneNumber } = detail;
  const hasContact = name !== null || email !== null || contactPhoneNumber !== null;
  return {
    id,
    appId,
    displayName,
    status,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    contact: hasContact ? { name, email, phoneNumber: withPlus(contactPhoneNumber) } : null,
    channel: channelOf(detail),
  };
}

function channelOf(detail: ApplicationDetail): ChannelRecord | null {
  const { channelId: id, phoneNumberId, wabaId, displayPhoneNumber, verifiedName } = detail;
  if (id === null || phoneNumberId === null || wabaId === null) return null;
  return {
    platform: 'whatsapp',
    id,
    phoneNumber: displayPhoneNumber,
    phoneNumberId,
    wabaId,
    businessUsername: null,
    verifiedName,
  };
}
