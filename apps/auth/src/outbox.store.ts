import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** An entity whose published state has changed. */
export interface ChangedEntity {
  readonly kind: 'key' | 'application' | 'session' | 'organization';
  /** Keyed hash of the key, UUID of the application, session or organization: the id of its record. */
  readonly id: string;
}

/** PostgreSQL channel on which a change wakes the relay. */
export const OUTBOX_CHANNEL = 'tenancy_outbox';

/** What must be published, written in the transaction of the change. */
@Injectable()
export class OutboxStore {
  async append(manager: EntityManager, changes: readonly ChangedEntity[]): Promise<void> {
    await manager.query(
      `with appended as (
         insert into tenancy_outbox (kind, entity_id)
         select * from unnest($1::text[], $2::text[])
       )
       select pg_notify('${OUTBOX_CHANNEL}', '')`,
      [changes.map(({ kind }) => kind), changes.map(({ id }) => id)],
    );
  }
}
