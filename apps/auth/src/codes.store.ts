import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export type CodePurpose = 'FORGET_PASSWORD' | 'PHONE_VERIFICATION' | 'PASSWORD_RESET';

export interface CodeRow {
  readonly userId: string;
  readonly purpose: CodePurpose;
  /** The number that it was sent to; digits. */
  readonly target: string;
  readonly codeHash: string;
  readonly attemptsLeft: number;
  readonly expiresAt: Date;
}

/** Codes and tokens that were sent to somebody; one of each purpose, and each is good once. */
@Injectable()
export class CodesStore {
  /** A code that was sent before is no longer good. */
  async replace(manager: EntityManager, row: CodeRow): Promise<void> {
    await manager.query(
      `insert into codes (user_id, purpose, target, code_hash, attempts_left, expires_at)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (user_id, purpose) do update set
         target = excluded.target, code_hash = excluded.code_hash,
         attempts_left = excluded.attempts_left, expires_at = excluded.expires_at`,
      [row.userId, row.purpose, row.target, row.codeHash, row.attemptsLeft, row.expiresAt],
    );
  }

  /** One attempt is used up; the row stays locked. Null when there is no code, or none that is good. */
  async attempt(
    manager: EntityManager,
    userId: string,
    purpose: CodePurpose,
    at: Date,
  ): Promise<CodeRow | null> {
    const [tried]: [CodeRow[], number] = await manager.query(
      `update codes set attempts_left = attempts_left - 1
       where user_id = $1 and purpose = $2 and attempts_left > 0 and expires_at > $3
       returning user_id as "userId", purpose, target, code_hash as "codeHash",
                 attempts_left as "attemptsLeft", expires_at as "expiresAt"`,
      [userId, purpose, at],
    );
    return tried[0] ?? null;
  }

  /** Whose token this is; it is used up. */
  async take(
    manager: EntityManager,
    purpose: CodePurpose,
    codeHash: string,
    at: Date,
  ): Promise<string | null> {
    const [taken]: [{ userId: string }[], number] = await manager.query(
      `delete from codes where purpose = $1 and code_hash = $2 and expires_at > $3
       returning user_id as "userId"`,
      [purpose, codeHash, at],
    );
    return taken[0]?.userId ?? null;
  }

  async remove(manager: EntityManager, userId: string, purpose: CodePurpose): Promise<void> {
    await manager.query('delete from codes where user_id = $1 and purpose = $2', [userId, purpose]);
  }
}
