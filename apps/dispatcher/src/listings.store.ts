import { preparedAsTenant, preparedQuery, type Statements, type Tenant } from '@gateway/platform';
import type { DataSource } from 'typeorm';
import type { Listing } from './domain/listing';
import type { Recipients } from './domain/recipients';
import * as sql from './listings.sql';
import type { MessageColumns } from './messages.sql';
import { storedMessage, type StoredMessage } from './messages.store';

interface ListedPage {
  readonly rows: readonly StoredMessage[];
  /** Id behind which the list goes on; null at its end. */
  readonly nextCursor: string | null;
}

/** A page looks at so many messages at most, however rare what it looks for is. */
const WALKED_MAX = 20_000;
/** The one who asks has given up by then. */
const TIMEOUT_MS = 1_500;

/** Messages of an application in pages. */
export class ListingsStore {
  constructor(
    private readonly database: DataSource,
    private readonly recipients: Recipients,
    private readonly walkedMax = WALKED_MAX,
  ) {}

  /** Runs reads that see rows of the tenant alone. */
  asTenant<Result>(tenant: Tenant, work: (on: Statements) => Promise<Result>): Promise<Result> {
    return preparedAsTenant(this.database, tenant, work);
  }

  async page(appId: string, listing: Listing, on: Statements = this.database): Promise<ListedPage> {
    const { fromId, toId, from, to, state, recipient, limit } = listing;
    const hashes = recipient === null ? null : this.recipients.hashes(appId, recipient);
    const { rows } = await preparedQuery<MessageColumns>(on, {
      name: 'messages_list',
      text: sql.LIST,
      // One more than asked for tells whether there is more.
      values: [appId, fromId, toId, from, to, state, hashes, limit + 1, this.walkedMax],
      timeoutMs: TIMEOUT_MS,
    });
    const shown = rows.slice(0, limit).map(storedMessage);
    const hasMore = rows.length > limit;
    return {
      rows: shown,
      nextCursor: hasMore
        ? (shown.at(-1)?.messageId ?? null)
        : await this.lastWalked(appId, listing, on),
    };
  }

  private async lastWalked(
    appId: string,
    { fromId, toId }: Listing,
    on: Statements,
  ): Promise<string | null> {
    const { rows } = await preparedQuery<{ id: string }>(on, {
      name: 'messages_last_walked',
      text: sql.LAST_WALKED,
      values: [appId, fromId, toId, this.walkedMax - 1],
      timeoutMs: TIMEOUT_MS,
    });
    return rows[0]?.id ?? null;
  }
}
