import type { ApplicationStatus } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { RANDOM, type Random } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { ApplicationsStore } from './applications.store';
import type { Actor } from './audit.store';
import { ChannelsStore } from './channels.store';
import { Credentials } from './credentials';
import { encodeBase62 } from './domain/base62';
import { TenancyChanges, type TenancyChange } from './tenancy-changes.service';

/** An application as its owner names it. */
export interface ApplicationId {
  readonly orgId: string;
  /** UUID of the application. */
  readonly appId: string;
}

/** The WhatsApp number that an application sends from. */
export interface ChannelCredentials {
  /** Meta's ids, 5 to 20 digits. */
  readonly phoneNumberId: string;
  readonly wabaId: string;
  readonly accessToken: string;
  /** As Meta shows the number; absent when nobody asked Meta. */
  readonly displayPhoneNumber?: string | null;
  readonly verifiedName?: string | null;
}

const HANDLE_BYTES = 12;
const HANDLE_LENGTH = 17;

/** Applications and their channels. */
@Injectable()
export class ApplicationsService {
  constructor(
    private readonly changes: TenancyChanges,
    private readonly applications: ApplicationsStore,
    private readonly channels: ChannelsStore,
    private readonly credentials: Credentials,
    @Inject(RANDOM) private readonly random: Random,
  ) {}

  /** A DRAFT with a handle of its own: it answers fakes until a channel is connected. */
  async create(
    orgId: string,
    displayName: string,
    actor: Actor,
  ): Promise<{ appId: string; handle: string }> {
    return this.changes.commit(actor, (change) => this.createIn(change, orgId, displayName));
  }

  /** As `create`, inside the caller's change. */
  async createIn(
    change: TenancyChange,
    orgId: string,
    displayName: string,
  ): Promise<{ appId: string; handle: string }> {
    const handle = `app_${encodeBase62(this.random.bytes(HANDLE_BYTES), HANDLE_LENGTH)}`;
    const id = change.newId();
    const row = { id, orgId, handle, displayName, status: 'DRAFT' } as const;
    await this.applications.insert(change.manager, [row], change.at);
    change.audit({ orgId, action: 'application.created', entityId: id, details: { handle } });
    change.publish({ kind: 'application', id });
    return { appId: id, handle };
  }

  /**
   * Connects a number, or gives the application another token or number, and activates it.
   * @throws AppError GW_404 when the application is not the organization's
   * @throws PhoneNumberTakenError when another application has the number
   */
  async connectChannel(
    application: ApplicationId,
    channel: ChannelCredentials,
    actor: Actor,
  ): Promise<void> {
    await this.changes.commit(actor, (change) =>
      this.connectChannelIn(change, application, channel),
    );
  }

  /** As `connectChannel`, inside the caller's change. */
  async connectChannelIn(
    change: TenancyChange,
    application: ApplicationId,
    channel: ChannelCredentials,
  ): Promise<void> {
    const { orgId, appId } = application;
    await this.lock(change, application);
    const entityId = await this.storeChannel(change, application, channel);
    await this.applications.setStatus(change.manager, appId, 'ACTIVATED', change.at);
    const details = { phoneNumberId: channel.phoneNumberId, wabaId: channel.wabaId };
    change.audit({ orgId, action: 'channel.connected', entityId, details });
    change.publish({ kind: 'application', id: appId });
  }

  /** @throws AppError GW_404 when the application is not the organization's */
  async changeStatus(
    application: ApplicationId,
    status: ApplicationStatus,
    actor: Actor,
  ): Promise<void> {
    const { orgId, appId } = application;
    await this.changes.commit(actor, async (change) => {
      await this.lock(change, application);
      await this.applications.setStatus(change.manager, appId, status, change.at);
      const action = 'application.status_changed';
      change.audit({ orgId, action, entityId: appId, details: { status } });
      change.publish({ kind: 'application', id: appId });
    });
  }

  private async lock(change: TenancyChange, { orgId, appId }: ApplicationId): Promise<void> {
    if (!(await this.applications.lock(change.manager, orgId, appId))) throw new AppError('GW_404');
  }

  /** @returns the channel's id */
  private async storeChannel(
    change: TenancyChange,
    { orgId, appId }: ApplicationId,
    { phoneNumberId, wabaId, accessToken, displayPhoneNumber, verifiedName }: ChannelCredentials,
  ): Promise<string> {
    const { manager, at } = change;
    const existing = await this.channels.find(manager, appId);
    const id = existing?.id ?? change.newId();
    const sealedAccessToken = this.credentials.seal(
      { orgId, table: 'channels', rowId: id, field: 'access_token' },
      accessToken,
    );
    const row = { id, orgId, applicationId: appId, phoneNumberId, wabaId, sealedAccessToken };
    const shown = {
      displayPhoneNumber: displayPhoneNumber ?? null,
      verifiedName: verifiedName ?? null,
    };
    if (existing === null) await this.channels.insert(manager, [row], at);
    else await this.channels.update(manager, row, at);
    await this.channels.setShown(manager, id, shown);
    return id;
  }
}
