import type { CommandRequest } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { asTenant } from '@gateway/platform';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { OrganizationsStore } from './organizations.store';
import { OriginsStore } from './origins.store';
import type { TenancyChange } from './tenancy-changes.service';

type OriginRequest = CommandRequest<'auth', 'origin.add'>;

const ORIGINS_MAX = 50;

/** Web origins whose pages may read what an organization may read. */
@Injectable()
export class OriginsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly organizations: OrganizationsStore,
    private readonly origins: OriginsStore,
  ) {}

  async list(orgId: string): Promise<{ origins: string[] }> {
    const origins = await asTenant(this.dataSource, orgId, (manager) =>
      this.origins.list(manager, orgId),
    );
    return { origins };
  }

  /**
   * One that is there already stays.
   * @throws AppError GW_011 when there are as many as there may be
   */
  async add(change: TenancyChange, { orgId, origin }: OriginRequest): Promise<void> {
    const { manager, at } = change;
    await this.organizations.lock(manager, orgId);
    const known = await this.origins.list(manager, orgId);
    if (known.includes(origin)) return;
    if (known.length >= ORIGINS_MAX) {
      const reason = `an organization has at most ${ORIGINS_MAX} origins`;
      throw new AppError('GW_011', { params: { reason } });
    }
    await this.origins.add(manager, orgId, origin, at);
    change.audit({ orgId, action: 'origin.added', entityId: orgId, details: { origin } });
    change.publish({ kind: 'organization', id: orgId });
  }

  /** @throws AppError GW_404 when it is not there */
  async remove(change: TenancyChange, { orgId, origin }: OriginRequest): Promise<void> {
    if (!(await this.origins.remove(change.manager, orgId, origin))) throw new AppError('GW_404');
    change.audit({ orgId, action: 'origin.removed', entityId: orgId, details: { origin } });
    change.publish({ kind: 'organization', id: orgId });
  }
}
