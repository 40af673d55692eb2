import type { OrganizationRecord } from '@gateway/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
}

/** An organization that somebody made for himself. */
export interface SignedUpOrganization extends OrganizationRow {
  readonly website: string | null;
  readonly businessRole: string;
  readonly accountType: string;
}

@Injectable()
export class OrganizationsStore {
  /**
   * Of seeds, whose wallets the seeder opens.
   * @returns the ids that were not there before
   */
  async insertMissing(
    manager: EntityManager,
    rows: readonly OrganizationRow[],
    at: Date,
  ): Promise<string[]> {
    const inserted: { id: string }[] = await manager.query(
      `insert into organizations (id, name, created_at, wallet_opened_at)
       select row.*, $3::timestamptz, $3::timestamptz from unnest($1::uuid[], $2::text[]) as row
       on conflict (id) do nothing returning id`,
      [rows.map(({ id }) => id), rows.map(({ name }) => name), at],
    );
    return inserted.map(({ id }) => id);
  }

  async insert(manager: EntityManager, row: SignedUpOrganization, at: Date): Promise<void> {
    await manager.query(
      `insert into organizations (id, name, website, business_role, account_type, created_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [row.id, row.name, row.website, row.businessRole, row.accountType, at],
    );
  }

  /** Holds the organization's row until the transaction ends, so that what is counted in it stays so. */
  async lock(manager: EntityManager, id: string): Promise<void> {
    await manager.query('select true from organizations where id = $1 for update', [id]);
  }

  async ofUser(manager: EntityManager, userId: string): Promise<OrganizationRecord[]> {
    const rows: (Omit<OrganizationRecord, 'createdAt'> & { createdAt: Date })[] =
      await manager.query(
        `select o.id, o.name, o.website, o.account_type as "accountType", m.role,
                o.created_at as "createdAt"
         from memberships m join organizations o on o.id = m.organization_id
         where m.user_id = $1 order by o.created_at, o.id`,
        [userId],
      );
    return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
  }

  /** The longest-standing owner; null when nobody owns it. */
  async contact(
    manager: EntityManager,
    id: string,
  ): Promise<{ name: string; email: string; phoneNumber: string | null } | null> {
    const found: { name: string; email: string; phoneNumber: string | null }[] =
      await manager.query(
        `select u.first_name || ' ' || u.last_name as name, u.email,
                u.phone_number as "phoneNumber"
         from memberships m join users u on u.id = m.user_id
         where m.organization_id = $1 and m.role = 'owner'
         order by m.created_at, m.id limit 1`,
        [id],
      );
    return found[0] ?? null;
  }

  async withoutWallet(manager: EntityManager, limit: number): Promise<string[]> {
    const found: { id: string }[] = await manager.query(
      'select id from organizations where wallet_opened_at is null order by id limit $1',
      [limit],
    );
    return found.map(({ id }) => id);
  }

  async walletOpened(manager: EntityManager, id: string, at: Date): Promise<void> {
    await manager.query(
      'update organizations set wallet_opened_at = $2 where id = $1 and wallet_opened_at is null',
      [id, at],
    );
  }
}
