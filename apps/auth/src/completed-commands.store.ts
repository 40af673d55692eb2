import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** The topic of the commands keeps them for an hour. */
const KEPT_MS = 24 * 3_600_000;

/** Which commands were carried out, with the sealed reply that a repeated one gets. */
@Injectable()
export class CompletedCommandsStore {
  /**
   * Makes the command this transaction's own. A second one with the same id waits here until the first has committed
   * or rolled back.
   * @returns null when this transaction is to carry it out, else the sealed reply of the one that did
   */
  async claim(
    manager: EntityManager,
    command: { readonly correlationId: string; readonly name: string },
    at: Date,
  ): Promise<Buffer | null> {
    const claimed: unknown[] = await manager.query(
      `insert into completed_commands (correlation_id, command, completed_at) values ($1, $2, $3)
       on conflict (correlation_id) do nothing returning true`,
      [command.correlationId, command.name, at],
    );
    if (claimed.length > 0) return null;
    return this.replyOf(manager, command.correlationId);
  }

  /** The sealed reply of a command that was carried out; null when it was not. */
  async replyOf(manager: EntityManager, correlationId: string): Promise<Buffer | null> {
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
    at: Date,
  ): Promise<void> {
    await manager.query(
      `with forgotten as (
         delete from completed_commands where correlation_id in (
           select correlation_id from completed_commands where completed_at < $3
           order by completed_at limit 10 for update skip locked)
       )
       update completed_commands set sealed_reply = $2 where correlation_id = $1`,
      [correlationId, sealedReply, new Date(at.getTime() - KEPT_MS)],
    );
  }
}
