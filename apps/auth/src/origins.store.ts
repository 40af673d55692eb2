import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

@Injectable()
export class OriginsStore {
  async list(manager: EntityManager, orgId: string): Promise<string[]> {
    const found: { origin: string }[] = await manager.query(
      'select origin from allowed_origins where organization_id = $1 order by origin',
      [orgId],
    );
    return found.map(({ origin }) => origin);
  }

  /** @returns false when it was there */
  async add(manager: EntityManager, orgId: string, origin: string, at: Date): Promise<boolean> {
    const added: unknown[] = await manager.query(
      `insert into allowed_origins (organization_id, origin, created_at) values ($1, $2, $3)
       on conflict do nothing returning true`,
      [orgId, origin, at],
    );
    return added.length > 0;
  }

  /** @returns false when it was not there */
  async remove(manager: EntityManager, orgId: string, origin: string): Promise<boolean> {
    const [removed]: [unknown[], number] = await manager.query(
      'delete from allowed_origins where organization_id = $1 and origin = $2 returning origin',
      [orgId, origin],
    );
    return removed.length > 0;
  }
}
