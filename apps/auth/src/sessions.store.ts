import type { ClientOrigin } from '@gateway/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface SessionRow {
  readonly id: string;
  readonly userId: string;
  readonly client: ClientOrigin['kind'];
  readonly generation: number;
  readonly rotatedAt: Date;
  readonly sealedRefreshSecret: Buffer;
  readonly tokenVersion: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const COLUMNS = `id, user_id as "userId", client, generation, rotated_at as "rotatedAt",
  sealed_refresh_secret as "sealedRefreshSecret", token_version as "tokenVersion",
  created_at as "createdAt", expires_at as "expiresAt"`;
/** Sessions of one user; the oldest ends when another is opened. */
const LIVE_MAX = 20;

/** Sessions; one that has ended stays until nothing can refer to it. */
@Injectable()
export class SessionsStore {
  /** Adds a session, and removes a few whose time is long over. */
  async insert(manager: EntityManager, row: SessionRow): Promise<void> {
    await manager.query(
      `with removed as (
         delete from sessions where id in (
           select id from sessions
           where expires_at < $8::timestamptz - interval '1 day' and published_until is null
           order by expires_at limit 10 for update skip locked)
       )
       insert into sessions (id, user_id, client, generation, rotated_at, sealed_refresh_secret,
                             token_version, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        row.id,
        row.userId,
        row.client,
        row.generation,
        row.rotatedAt,
        row.sealedRefreshSecret,
        row.tokenVersion,
        row.createdAt,
        row.expiresAt,
      ],
    );
  }

  /** A session that is neither ended nor expired; its row stays locked. */
  async lockLive(manager: EntityManager, id: string, at: Date): Promise<SessionRow | null> {
    const found: SessionRow[] = await manager.query(
      `select ${COLUMNS} from sessions
       where id = $1 and ended_at is null and expires_at > $2 for update`,
      [id, at],
    );
    return found[0] ?? null;
  }

  /** Whether tokens of this version are still good. */
  async isInForce(
    manager: EntityManager,
    id: string,
    tokenVersion: number,
    at: Date,
  ): Promise<boolean> {
    const found: unknown[] = await manager.query(
      `select true from sessions
       where id = $1 and token_version <= $2 and ended_at is null and expires_at > $3`,
      [id, tokenVersion, at],
    );
    return found.length > 0;
  }

  /** The token after this one is the good one now. */
  async rotate(manager: EntityManager, id: string, at: Date): Promise<void> {
    await manager.query(
      'update sessions set generation = generation + 1, rotated_at = $2 where id = $1',
      [id, at],
    );
  }

  /** @returns false when it had ended before */
  async end(manager: EntityManager, id: string, change: SessionChange): Promise<boolean> {
    const ended = idsOf(
      await manager.query(
        `update sessions set ended_at = $2, published_until = $3
         where id = $1 and ended_at is null returning id`,
        [id, change.at, change.publishedUntil],
      ),
    );
    return ended.length > 0;
  }

  /** Ends every session of a user. @returns their ids */
  async endAll(manager: EntityManager, userId: string, change: SessionChange): Promise<string[]> {
    return idsOf(
      await manager.query(
        `update sessions set ended_at = $2, published_until = $3
         where user_id = $1 and ended_at is null and expires_at > $2 returning id`,
        [userId, change.at, change.publishedUntil],
      ),
    );
  }

  /** Access tokens that were made before are no longer good; the sessions go on. @returns their ids */
  async outdateTokens(
    manager: EntityManager,
    userId: string,
    change: SessionChange,
  ): Promise<string[]> {
    return idsOf(
      await manager.query(
        `update sessions set token_version = token_version + 1, published_until = $3
         where user_id = $1 and ended_at is null and expires_at > $2 returning id`,
        [userId, change.at, change.publishedUntil],
      ),
    );
  }

  /** Ends the sessions of a user that are beyond the newest `LIVE_MAX`. @returns their ids */
  async endSurplus(
    manager: EntityManager,
    userId: string,
    change: SessionChange,
  ): Promise<string[]> {
    return idsOf(
      await manager.query(
        `update sessions set ended_at = $2, published_until = $3 where id in (
           select id from sessions where user_id = $1 and ended_at is null and expires_at > $2
           order by created_at desc, id desc offset ${LIVE_MAX})
         returning id`,
        [userId, change.at, change.publishedUntil],
      ),
    );
  }
}

/** When a session changes, and how long readers of the topic must know of it. */
export interface SessionChange {
  readonly at: Date;
  readonly publishedUntil: Date;
}

const idsOf = ([rows]: [{ id: string }[], number]): string[] => rows.map(({ id }) => id);
