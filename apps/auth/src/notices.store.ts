import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

export interface NoticeRow {
  readonly id: string;
  readonly kind: 'otp' | 'mail';
  readonly sealedContent: Buffer;
  readonly expiresAt: Date;
}

/** What is to be sent to people: whoever claims one has it for a while, and removes it once it was sent. */
@Injectable()
export class NoticesStore {
  constructor(private readonly dataSource: DataSource) {}

  async insert(manager: EntityManager, row: NoticeRow, at: Date): Promise<void> {
    await manager.query(
      `insert into notices (id, kind, sealed_content, due_at, expires_at)
       values ($1, $2, $3, $4, $5)`,
      [row.id, row.kind, row.sealedContent, at, row.expiresAt],
    );
  }

  /** Takes what is due, and forgets what is too old to be of use; a claim ends by itself with `leaseMs`. */
  async claim(limit: number, at: Date, leaseMs: number): Promise<NoticeRow[]> {
    const [claimed]: [NoticeRow[], number] = await this.dataSource.query(
      `with forgotten as (delete from notices where expires_at <= $2)
       update notices set attempts = attempts + 1,
         due_at = $2::timestamptz + $3 * interval '1 millisecond' * least(attempts + 1, 10)
       where id in (
         select id from notices where due_at <= $2 and expires_at > $2
         order by due_at limit $1 for update skip locked)
       returning id, kind, sealed_content as "sealedContent", expires_at as "expiresAt"`,
      [limit, at, leaseMs],
    );
    return claimed;
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.dataSource.query('delete from notices where id = any($1::uuid[])', [ids]);
  }
}
