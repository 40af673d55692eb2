import { preparedQuery } from '@gateway/platform';
import { DataSource } from 'typeorm';
import type { StoredMessage } from './messages.store';
import { storedMessage } from './messages.store';
import { FIND_KEYS, type MessageColumns } from './messages.sql';

/** Who holds an idempotency key. */
export interface KeyHolder {
  readonly appId: string;
  /** Hex digests. */
  readonly keyHash: string;
  readonly bodyHash: string;
  readonly message: StoredMessage;
}

interface KeyHolderColumns extends MessageColumns {
  key_app_id: string;
  key_hash: string;
  body_hash: string;
}

const PURGED_MAX = 5_000;

/** Idempotency keys beside their messages; they are taken in the statement of the claim (`MessagesStore.claim`). */
export class IdempotencyStore {
  constructor(private readonly database: DataSource) {}

  /** The holders of keys within their 24 hours. */
  async holders(
    keys: readonly { readonly appId: string; readonly keyHash: string }[],
    nowMs: number,
  ): Promise<KeyHolder[]> {
    const { rows } = await preparedQuery<KeyHolderColumns>(this.database, {
      name: 'idempotency_holders',
      text: FIND_KEYS,
      values: [keys.map(({ appId }) => appId), keys.map(({ keyHash }) => keyHash), new Date(nowMs)],
    });
    return rows.map((row) => ({
      appId: row.key_app_id,
      keyHash: row.key_hash,
      bodyHash: row.body_hash,
      message: storedMessage(row),
    }));
  }

  /** Removes some of the keys whose time is over. */
  async purge(nowMs: number): Promise<number> {
    const { rowCount } = await preparedQuery(this.database, {
      name: 'idempotency_purge',
      text: `delete from idempotency_keys where (app_id, key_hash) in (
        select app_id, key_hash from idempotency_keys where expires_at <= $1
        order by expires_at limit ${PURGED_MAX})`,
      values: [new Date(nowMs)],
    });
    return rowCount;
  }
}
