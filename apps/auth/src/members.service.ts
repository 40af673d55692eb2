import type { CommandRequest, MemberRecord, MemberReference, Role } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { asTenant, CLOCK, RANDOM, type Clock, type Random } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { KeyHasher } from './key-hasher';
import { MembersStore, type MemberRow } from './members.store';
import { MembershipsStore } from './memberships.store';
import { NoticesService } from './notices.service';
import { OrganizationsStore } from './organizations.store';
import type { TenancyChange } from './tenancy-changes.service';
import { UsersStore, emailKeyOf } from './users.store';

const INVITE_TOKEN_BYTES = 32;
const INVITE_MS = 7 * 24 * 3_600_000;

@Injectable()
export class MembersServiceStores {
  constructor(
    readonly members: MembersStore,
    readonly memberships: MembershipsStore,
    readonly organizations: OrganizationsStore,
    readonly users: UsersStore,
  ) {}
}

/** Makes what only the invited and this service know, and tells the invited. */
@Injectable()
export class Invitations {
  constructor(
    private readonly hasher: KeyHasher,
    private readonly notices: NoticesService,
    @Inject(RANDOM) private readonly random: Random,
  ) {}

  hash(token: string): string {
    return this.hasher.hashAttempt(`invite|${token}`);
  }

  /** @returns the hash of a new token, which stands in a mail to the invited */
  async send(change: TenancyChange, email: string, expiresAt: Date): Promise<string> {
    const token = this.random.bytes(INVITE_TOKEN_BYTES).toString('base64url');
    await this.notices.mail(change, {
      to: email,
      subject: 'You are invited to an organization of the WhatsApp gateway',
      text: `Sign in or register with this address, then accept with this token:\n\n${token}\n`,
      expiresAt,
    });
    return this.hash(token);
  }
}

/** Members of an organization. Changes are made inside the caller's `TenancyChange`. */
@Injectable()
export class MembersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: MembersServiceStores,
    private readonly invitations: Invitations,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async list({ orgId }: MemberReference): Promise<MemberRecord[]> {
    const at = new Date(this.clock.nowMs());
    const rows = await asTenant(this.dataSource, orgId, (manager) =>
      this.stores.members.list(manager, orgId, at),
    );
    return rows.map(record);
  }

  /** @throws AppError AUTH_013 when an admin invites an owner, GW_011 when he is a member already */
  async invite(
    change: TenancyChange,
    { userId, orgId, email, role }: CommandRequest<'auth', 'member.invite'>,
  ): Promise<MemberRecord> {
    const { manager, at } = change;
    await this.checkRight(change, { userId, orgId }, [role]);
    const emailKey = emailKeyOf(email);
    const invited = await this.stores.users.findByEmail(manager, email);
    const membership = invited && (await this.stores.memberships.ofUser(manager, invited.id));
    if (membership?.orgId === orgId) throw conflict('he is a member already');
    const expiresAt = new Date(at.getTime() + INVITE_MS);
    const tokenHash = await this.invitations.send(change, email, expiresAt);
    const id = change.newId();
    const row = { id, orgId, email, emailKey, role, tokenHash, createdAt: at, expiresAt };
    await this.stores.members.invite(manager, row);
    change.audit({ orgId, action: 'member.invited', entityId: id, details: { role } });
    return record({ ...row, userId: null, firstName: null, lastName: null });
  }

  /** @throws AppError GW_003 when the token is not good for him, GW_011 when he has an organization */
  async accept(
    change: TenancyChange,
    { userId, inviteToken }: CommandRequest<'auth', 'member.accept'>,
  ): Promise<void> {
    const { manager, at } = change;
    await this.stores.users.lock(manager, userId);
    const user = await this.stores.users.find(manager, userId);
    if (user === null) throw new AppError('GW_404');
    if ((await this.stores.memberships.ofUser(manager, userId)) !== null) {
      throw conflict('the user has an organization already');
    }
    const wanted = {
      tokenHash: this.invitations.hash(inviteToken),
      emailKey: emailKeyOf(user.email),
    };
    const taken = await this.stores.members.takeInvitation(manager, wanted, at);
    if (taken === null) {
      const fields = [{ path: 'inviteToken', reason: 'is used, expired or for somebody else' }];
      throw new AppError('GW_003', { params: { fields } });
    }
    const { orgId, role } = taken;
    const id = change.newId();
    await this.stores.memberships.insert(manager, { id, orgId, userId, role }, at);
    change.audit({ orgId, action: 'member.joined', entityId: id, details: { role } });
  }

  /**
   * @returns the member, and whose tokens no longer say what he may do
   * @throws AppError GW_404, AUTH_013 when an admin makes or unmakes an owner, GW_011 for the last owner
   */
  async changeRole(
    change: TenancyChange,
    { userId, orgId, memberId, role }: CommandRequest<'auth', 'member.change'>,
  ): Promise<{ member: MemberRecord; changedUserId: string | null }> {
    const member = await this.lockedMember(change, orgId, memberId);
    await this.checkRight(change, { userId, orgId }, [member.role, role]);
    if (role !== 'owner') await this.checkNotLastOwner(change, orgId, member);
    await this.stores.members.setRole(change.manager, member, role);
    change.audit({ orgId, action: 'member.role_changed', entityId: memberId, details: { role } });
    return { member: record({ ...member, role }), changedUserId: member.userId };
  }

  /**
   * @returns whose tokens no longer say what he may do
   * @throws AppError GW_404, AUTH_013 when an admin removes an owner, GW_011 for the last owner
   */
  async remove(
    change: TenancyChange,
    { userId, orgId, memberId }: CommandRequest<'auth', 'member.remove'>,
  ): Promise<string | null> {
    const member = await this.lockedMember(change, orgId, memberId);
    await this.checkRight(change, { userId, orgId }, [member.role]);
    await this.checkNotLastOwner(change, orgId, member);
    await this.stores.members.remove(change.manager, member);
    change.audit({ orgId, action: 'member.removed', entityId: memberId });
    return member.userId;
  }

  /** The organization's row stays locked, so that two owners do not remove each other at once. */
  private async lockedMember(
    { manager, at }: TenancyChange,
    orgId: string,
    memberId: string,
  ): Promise<MemberRow> {
    await this.stores.organizations.lock(manager, orgId);
    const member = await this.stores.members.find(manager, orgId, memberId, at);
    if (member === null) throw new AppError('GW_404');
    return member;
  }

  /** By what he is now: his token may say what he was. */
  private async checkRight(
    { manager }: TenancyChange,
    { userId, orgId }: MemberReference,
    roles: readonly Role[],
  ): Promise<void> {
    const actor = await this.stores.memberships.ofUser(manager, userId);
    const isAdmin = actor?.orgId === orgId && actor.role === 'admin';
    const isOwner = actor?.orgId === orgId && actor.role === 'owner';
    if (!isOwner && (!isAdmin || roles.includes('owner'))) throw new AppError('AUTH_013');
  }

  private async checkNotLastOwner(
    { manager }: TenancyChange,
    orgId: string,
    { role, userId }: MemberRow,
  ): Promise<void> {
    if (role !== 'owner' || userId === null) return;
    if ((await this.stores.members.ownersCount(manager, orgId)) <= 1) {
      throw conflict('the last owner stays');
    }
  }
}

const conflict = (reason: string): AppError => new AppError('GW_011', { params: { reason } });

const record = (row: MemberRow): MemberRecord => ({
  id: row.id,
  email: row.email,
  firstName: row.firstName,
  lastName: row.lastName,
  role: row.role,
  state: row.userId === null ? 'INVITED' : 'ACTIVE',
  createdAt: row.createdAt.toISOString(),
});
