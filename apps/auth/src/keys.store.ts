import type { KeyEnvironment } from '@gateway/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface KeyRow {
  readonly id: string;
  readonly orgId: string;
  readonly applicationId: string;
  readonly name: string;
  readonly environment: KeyEnvironment;
  readonly keyHash: string;
  readonly last4: string;
  readonly limitPerSecond: number;
  readonly limitPerMinute: number;
  readonly dailyLimit: number | null;
  readonly concurrencyLimit: number | null;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
}

type ListedKey = Omit<KeyRow, 'keyHash' | 'orgId' | 'applicationId'>;

/** API keys, as keyed hashes; a revoked one stays for the record and is in no list. */
@Injectable()
export class KeysStore {
  async insert(manager: EntityManager, rows: readonly KeyRow[]): Promise<void> {
    await manager.query(
      `insert into api_keys (id, organization_id, application_id, name, environment, key_hash,
                             last4, limit_per_second, limit_per_minute, expires_at, created_at,
                             daily_limit, concurrency_limit)
       select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                            $7::text[], $8::integer[], $9::integer[], $10::timestamptz[],
                            $11::timestamptz[], $12::integer[], $13::integer[])`,
      [
        rows.map(({ id }) => id),
        rows.map(({ orgId }) => orgId),
        rows.map(({ applicationId }) => applicationId),
        rows.map(({ name }) => name),
        rows.map(({ environment }) => environment),
        rows.map(({ keyHash }) => keyHash),
        rows.map(({ last4 }) => last4),
        rows.map(({ limitPerSecond }) => limitPerSecond),
        rows.map(({ limitPerMinute }) => limitPerMinute),
        rows.map(({ expiresAt }) => expiresAt),
        rows.map(({ createdAt }) => createdAt),
        rows.map(({ dailyLimit }) => dailyLimit),
        rows.map(({ concurrencyLimit }) => concurrencyLimit),
      ],
    );
  }

  /** Newest first. `totalCount` is right on a page beyond the end, too. */
  async list(
    manager: EntityManager,
    applicationId: string,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ rows: ListedKey[]; totalCount: number }> {
    const found: ({ totalCount: number } & { [K in keyof ListedKey]: ListedKey[K] | null })[] =
      await manager.query(
        `select counted."totalCount", page.*
         from (select count(*)::integer as "totalCount" from api_keys
               where application_id = $1 and revoked_at is null) as counted
         left join (
           select id, name, environment, last4, limit_per_second as "limitPerSecond",
                  limit_per_minute as "limitPerMinute", expires_at as "expiresAt",
                  created_at as "createdAt", daily_limit as "dailyLimit",
                  concurrency_limit as "concurrencyLimit"
           from api_keys where application_id = $1 and revoked_at is null
           order by created_at desc, id desc offset $2 limit $3
         ) as page on true
         order by page."createdAt" desc, page.id desc`,
        [applicationId, page.offset, page.limit],
      );
    const rows = found.filter((row): row is { totalCount: number } & ListedKey => row.id !== null);
    return { rows, totalCount: found[0]?.totalCount ?? 0 };
  }

  /** @returns the key's hash; null when the application has no such key, or it is revoked */
  async revoke(
    manager: EntityManager,
    applicationId: string,
    keyId: string,
    at: Date,
  ): Promise<string | null> {
    const [revoked]: [{ key_hash: string }[], number] = await manager.query(
      `update api_keys set revoked_at = $3
       where application_id = $1 and id = $2 and revoked_at is null returning key_hash`,
      [applicationId, keyId, at],
    );
    return revoked[0]?.key_hash ?? null;
  }
}
