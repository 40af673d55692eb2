import type { Role } from '@gateway/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** A member, or somebody who is invited: then names are null. */
export interface MemberRow {
  readonly id: string;
  /** Null while he is only invited. */
  readonly userId: string | null;
  readonly email: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly role: Role;
  readonly createdAt: Date;
}

export interface InvitationRow {
  readonly id: string;
  readonly orgId: string;
  readonly email: string;
  readonly emailKey: string;
  readonly role: Role;
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const MEMBERS = `
  select m.id, m.user_id as "userId", u.email, u.first_name as "firstName",
         u.last_name as "lastName", m.role, m.created_at as "createdAt"
  from memberships m join users u on u.id = m.user_id where m.organization_id = $1`;
const INVITED = `
  select i.id, null::uuid as "userId", i.email, null as "firstName", null as "lastName", i.role,
         i.created_at as "createdAt"
  from invitations i where i.organization_id = $1 and i.expires_at > $2`;

/** Members and invitations; always asked for by the organization that they belong to. */
@Injectable()
export class MembersStore {
  async list(manager: EntityManager, orgId: string, at: Date): Promise<MemberRow[]> {
    return manager.query(
      `select * from (${MEMBERS} union all ${INVITED}) as everybody
       order by "createdAt", id`,
      [orgId, at],
    );
  }

  /** @returns null when there is nobody, also when he belongs to another organization */
  async find(
    manager: EntityManager,
    orgId: string,
    id: string,
    at: Date,
  ): Promise<MemberRow | null> {
    const found: MemberRow[] = await manager.query(
      `select * from (${MEMBERS} union all ${INVITED}) as everybody where id = $3`,
      [orgId, at, id],
    );
    return found[0] ?? null;
  }

  async ownersCount(manager: EntityManager, orgId: string): Promise<number> {
    const counted: { count: number }[] = await manager.query(
      `select count(*)::integer as count from memberships
       where organization_id = $1 and role = 'owner'`,
      [orgId],
    );
    return counted[0]?.count ?? 0;
  }

  /** Whoever was invited before under this address is invited anew. */
  async invite(manager: EntityManager, row: InvitationRow): Promise<void> {
    await manager.query(
      `insert into invitations (id, organization_id, email, email_key, role, token_hash,
                                created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (organization_id, email_key) do update set
         id = excluded.id, email = excluded.email, role = excluded.role,
         token_hash = excluded.token_hash, created_at = excluded.created_at,
         expires_at = excluded.expires_at`,
      [
        row.id,
        row.orgId,
        row.email,
        row.emailKey,
        row.role,
        row.tokenHash,
        row.createdAt,
        row.expiresAt,
      ],
    );
  }

  /** Takes an invitation that has not expired: it is good once. */
  async takeInvitation(
    manager: EntityManager,
    { tokenHash, emailKey }: Pick<InvitationRow, 'tokenHash' | 'emailKey'>,
    at: Date,
  ): Promise<{ orgId: string; role: Role } | null> {
    const [taken]: [{ orgId: string; role: Role }[], number] = await manager.query(
      `delete from invitations where token_hash = $1 and email_key = $2 and expires_at > $3
       returning organization_id as "orgId", role`,
      [tokenHash, emailKey, at],
    );
    return taken[0] ?? null;
  }

  async setRole(manager: EntityManager, { id, userId }: MemberRow, role: Role): Promise<void> {
    const table = userId === null ? 'invitations' : 'memberships';
    await manager.query(`update ${table} set role = $2 where id = $1`, [id, role]);
  }

  async remove(manager: EntityManager, { id, userId }: MemberRow): Promise<void> {
    const table = userId === null ? 'invitations' : 'memberships';
    await manager.query(`delete from ${table} where id = $1`, [id]);
  }
}
