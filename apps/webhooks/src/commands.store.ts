import type { EntityManager } from 'typeorm';

/** The topic of the commands keeps them for an hour. */
const KEPT_HOURS = 24;

export interface AuditEntry {
  readonly id: string;
  readonly orgId: string;
  readonly appId: string;
  readonly userId: string;
  readonly action: string;
  readonly entityId: string;
  /** What was changed; never a secret or a header's value. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Which commands were carried out, with the sealed reply that a repeated one gets, and who did what. */
export class CommandsStore {
  /**
   * Makes the command this transaction's own; a second one with the same id waits here for the end of the first.
   * @returns null when this transaction is to carry it out, else the sealed reply of the one that did
   */
  async claim(manager: EntityManager, correlationId: string, name: string): Promise<Buffer | null> {
    const claimed: unknown[] = await manager.query(
      `insert into completed_commands (correlation_id, command, completed_at) values ($1, $2, now())
       on conflict (correlation_id) do nothing returning true`,
      [correlationId, name],
    );
    if (claimed.length > 0) return null;
    const stored: { sealed_reply: Buffer }[] = await manager.query(
      'select sealed_reply from completed_commands where correlation_id = $1',
      [correlationId],
    );
    return stored[0]?.sealed_reply ?? null;
  }

  /** Stores the reply, and forgets a few commands that are older than any copy of theirs can be. */
  async complete(
    manager: EntityManager,
    correlationId: string,
    sealedReply: Buffer,
  ): Promise<void> {
    await manager.query(
      `with forgotten as (
         delete from completed_commands where correlation_id in (
           select correlation_id from completed_commands where completed_at < now() - $3::integer * interval '1 hour'
           order by completed_at limit 10 for update skip locked)
       )
       update completed_commands set sealed_reply = $2 where correlation_id = $1`,
      [correlationId, sealedReply, KEPT_HOURS],
    );
  }

  async audit(manager: EntityManager, entry: AuditEntry): Promise<void> {
    await manager.query(
      `insert into audit_entries (id, org_id, app_id, user_id, action, entity_id, details, at)
       values ($1, $2, $3, $4, $5, $6, $7, now())`,
      [
        entry.id,
        entry.orgId,
        entry.appId,
        entry.userId,
        entry.action,
        entry.entityId,
        JSON.stringify(entry.details),
      ],
    );
  }
}
