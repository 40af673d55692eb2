import type { Role } from '@gateway/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface MembershipRow {
  readonly id: string;
  readonly orgId: string;
  readonly userId: string;
  readonly role: Role;
}

const COLUMNS = 'id, organization_id as "orgId", user_id as "userId", role';

/** What a user is in his organization. */
@Injectable()
export class MembershipsStore {
  async insert(manager: EntityManager, row: MembershipRow, at: Date): Promise<void> {
    await manager.query(
      `insert into memberships (id, organization_id, user_id, role, created_at)
       values ($1, $2, $3, $4, $5)`,
      [row.id, row.orgId, row.userId, row.role, at],
    );
  }

  async ofUser(manager: EntityManager, userId: string): Promise<MembershipRow | null> {
    const found: MembershipRow[] = await manager.query(
      `select ${COLUMNS} from memberships where user_id = $1`,
      [userId],
    );
    return found[0] ?? null;
  }
}
