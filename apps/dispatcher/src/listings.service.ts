import type {
  AddressedMessageRecord,
  CommandReply,
  CommandRequest,
  MessageRecord,
} from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { isRetryableDatabaseError, type Statements } from '@gateway/platform';
import type { ChannelsService } from './channels.service';
import { listingOf } from './domain/listing';
import { messageRecord } from './domain/message-record';
import type { ListingsStore } from './listings.store';
import type { MessagesService } from './messages.service';
import type { StoredMessage } from './messages.store';
import type { StatusesStore } from './statuses.store';

export interface ListingStores {
  readonly listings: ListingsStore;
  readonly statuses: StatusesStore;
}

/** What an organization sees of its messages: its members, who name the application by its handle, and its keys. */
export class ListingsService {
  constructor(
    private readonly stores: ListingStores,
    private readonly messages: MessagesService,
    private readonly channels: ChannelsService,
  ) {}

  /**
   * A message of the application that holds the key; null when there is none: other tenants' are not there.
   *
   * @throws AppError GW_008 when the store does not answer in time
   */
  get({
    orgId,
    appId,
    id,
  }: CommandRequest<'dispatcher', 'message.get'>): Promise<MessageRecord | null> {
    return this.read({ orgId, appId }, async (on) => {
      const row = await this.messages.shown(appId, id, on);
      return row && messageRecord(row, await this.stores.statuses.of([row.messageId], on));
    });
  }

  /** @throws AppError GW_404 for another's application, GW_003, GW_008 when the store does not answer in time */
  async list(
    request: CommandRequest<'dispatcher', 'messages.list'>,
  ): Promise<CommandReply<'dispatcher', 'messages.list'>> {
    const listing = listingOf(request);
    const appId = this.channels.ofHandle(request.orgId, request.appId);
    return this.read({ orgId: request.orgId, appId }, async (on) => {
      const { rows, nextCursor } = await this.stores.listings.page(appId, listing, on);
      return { messages: await this.records(rows, on), nextCursor };
    });
  }

  /** @throws AppError GW_404 for what is not there, or another's; GW_008 when the store does not answer in time */
  async detail({
    orgId,
    appId: handle,
    id,
  }: CommandRequest<'dispatcher', 'messages.detail'>): Promise<AddressedMessageRecord> {
    const appId = this.channels.ofHandle(orgId, handle);
    const record = await this.read({ orgId, appId }, async (on) => {
      const row = await this.messages.shown(appId, id, on);
      return row && (await this.records([row], on))[0];
    });
    if (!record) throw new AppError('GW_404');
    return record;
  }

  private async records(
    rows: readonly StoredMessage[],
    on: Statements,
  ): Promise<AddressedMessageRecord[]> {
    if (rows.length === 0) return [];
    const ids = rows.map(({ messageId }) => messageId);
    const reported = await this.stores.statuses.of(ids, on);
    return rows.map((row) => {
      const own = reported.filter(({ messageId }) => messageId === row.messageId);
      return { ...messageRecord(row, own), to: row.maskedRecipient };
    });
  }

  /** A store that is away or too slow is nothing that a record can be blamed for. */
  private async read<T>(
    tenant: { readonly orgId: string; readonly appId: string },
    work: (on: Statements) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.stores.listings.asTenant(tenant, work);
    } catch (error) {
      throw isRetryableDatabaseError(error) ? new AppError('GW_008', { cause: error }) : error;
    }
  }
}
