import { preparedQuery, type Statements } from '@gateway/platform';
import type { MessageState } from '@gateway/contracts';
import { DataSource } from 'typeorm';
import { KEPT_REFUSALS } from './domain/message-state';
import type { Recipients } from './domain/recipients';
import * as sql from './messages.sql';

/** What is kept of a message; never its body. */
export interface MessageRow {
  /** UUIDv7. */
  readonly messageId: string;
  readonly appId: string;
  readonly orgId: string;
  /** Null for a fence: the message itself never came. */
  readonly type: string | null;
  readonly isFake: boolean;
  readonly isMmlite: boolean;
  readonly state: MessageState;
  readonly wamid: string | null;
  readonly errorCode: string | null;
  /** JSON text: what stands in `params` of the error's answer. */
  readonly errorParams: string | null;
  readonly retryAfterSeconds: number | null;
  /** Meta's answer as Meta gave it. */
  readonly response: Buffer | null;
  readonly firstMessageId: string | null;
}

/** A row that is to be claimed; with a key it is claimed only together with the key. */
export interface ClaimRow extends MessageRow {
  /** Meta's id of the number that it is sent from, the only one whose statuses it takes; null when it is not sent. */
  readonly phoneNumberId: string | null;
  /** Digits of the number that it goes to, of which only hash and mask are kept; null when it is not known. */
  readonly recipient: string | null;
  /** Hex digests; null without an idempotency key, or when the row must not take it. */
  readonly keyHash: string | null;
  readonly bodyHash: string | null;
}

export interface StoredMessage extends MessageRow {
  /** Masked; null when it is not known. */
  readonly maskedRecipient: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly ownerBootId: string;
  /** Whether the instance that claimed it still gives signs of life. */
  readonly isOwnerAlive: boolean;
}

interface Owner {
  readonly bootId: string;
  /** Broker's time, Unix milliseconds. */
  readonly nowMs: number;
}

/** A claim that takes longer is given up: its messages are refused. */
const CLAIM_TIMEOUT_MS = 3_000;

export const FAKE = 1;
const MMLITE = 2;

/** Messages by id; every statement is one for a whole batch. */
export class MessagesStore {
  constructor(
    private readonly database: DataSource,
    private readonly recipients: Recipients,
  ) {}

  /**
   * Writes the rows, and takes their idempotency keys, in one statement. Rows in state `sending` are claimed for the
   * owner; any other state is final at once.
   *
   * @returns the ids that this statement inserted; only those may be sent
   */
  async claim(rows: readonly ClaimRow[], owner: Owner): Promise<ReadonlySet<string>> {
    const { rows: inserted } = rows.every(isPlainClaim)
      ? await preparedQuery<{ id: string }>(this.database, {
          name: 'messages_claim_plain',
          text: sql.CLAIM_PLAIN,
          values: [
            ...identityColumns(rows),
            owner.bootId,
            new Date(owner.nowMs),
            ...this.addressColumns(rows),
          ],
          timeoutMs: CLAIM_TIMEOUT_MS,
        })
      : await preparedQuery<{ id: string }>(this.database, {
          name: 'messages_claim',
          text: sql.CLAIM,
          values: [
            ...identityColumns(rows),
            owner.bootId,
            new Date(owner.nowMs),
            ...outcomeColumns(rows),
            rows.map((row) => row.firstMessageId),
            rows.map((row) => row.keyHash),
            rows.map((row) => row.bodyHash),
            KEPT_REFUSALS,
            ...this.addressColumns(rows),
          ],
          timeoutMs: CLAIM_TIMEOUT_MS,
        });
    return new Set(inserted.map((row) => row.id));
  }

  /** Writes how claimed messages ended; a row that has ended otherwise meanwhile stays as it is. */
  async settle(rows: readonly MessageRow[], owner: Owner): Promise<void> {
    await preparedQuery(this.database, {
      name: 'messages_settle',
      text: sql.SETTLE,
      values: [
        ...identityColumns(rows),
        owner.bootId,
        new Date(owner.nowMs),
        ...outcomeColumns(rows),
      ],
    });
  }

  /** Fences messages that were refused while the store was gone; ends rows of an uncertain claim that nobody sent. */
  async fence(rows: readonly MessageRow[], owner: Owner): Promise<void> {
    await preparedQuery(this.database, {
      name: 'messages_fence',
      text: sql.FENCE,
      values: [
        ...identityColumns(rows),
        owner.bootId,
        new Date(owner.nowMs),
        ...outcomeColumns(rows),
      ],
    });
  }

  async find(
    messageIds: readonly string[],
    on: Statements = this.database,
  ): Promise<StoredMessage[]> {
    const { rows } = await preparedQuery<sql.MessageColumns>(on, {
      name: 'messages_find',
      text: sql.FIND,
      values: [messageIds],
    });
    return rows.map(storedMessage);
  }

  /** Turns `sending` rows whose owner's lease is over into `unknown`. */
  async markLost(messageIds: readonly string[], nowMs: number): Promise<void> {
    await preparedQuery(this.database, {
      name: 'messages_mark_lost',
      text: sql.MARK_LOST,
      values: [messageIds, new Date(nowMs)],
    });
  }

  /** Ends rows that this owner claimed and surely never sent. */
  async markUnsent(
    messageIds: readonly string[],
    refused: Pick<MessageRow, 'errorCode' | 'errorParams' | 'retryAfterSeconds'>,
    owner: Owner,
  ): Promise<void> {
    await preparedQuery(this.database, {
      name: 'messages_mark_unsent',
      text: sql.MARK_UNSENT,
      values: [
        messageIds,
        owner.bootId,
        refused.errorCode,
        refused.errorParams,
        refused.retryAfterSeconds,
        new Date(owner.nowMs),
      ],
    });
  }

  /** Turns what a dead instance left `sending` into `unknown`, and returns everything it left `unknown`. */
  async markLostOf(
    bootId: string,
    range: { readonly fromId: string; readonly toId: string },
    nowMs: number,
  ): Promise<StoredMessage[]> {
    await preparedQuery(this.database, {
      name: 'messages_mark_lost_of',
      text: sql.MARK_LOST_OF,
      values: [bootId, range.fromId, range.toId, new Date(nowMs)],
    });
    const { rows } = await preparedQuery<sql.MessageColumns>(this.database, {
      name: 'messages_lost_of',
      text: sql.LOST_OF,
      values: [bootId, range.fromId, range.toId],
    });
    return rows.map(storedMessage);
  }

  /** A message of an application by its wamid. */
  async findByWamid(
    appId: string,
    wamid: string,
    on: Statements = this.database,
  ): Promise<StoredMessage | null> {
    const { rows } = await preparedQuery<sql.MessageColumns>(on, {
      name: 'messages_find_by_wamid',
      text: sql.FIND_BY_WAMID,
      values: [appId, wamid],
    });
    return rows[0] ? storedMessage(rows[0]) : null;
  }

  /** Makes the tables of the coming weeks. */
  async preparePartitions(): Promise<void> {
    await this.database.query('select prepare_message_partitions()');
  }

  private addressColumns(rows: readonly ClaimRow[]): unknown[] {
    const numbers = rows.map((row) => row.recipient);
    return [
      rows.map((row) => row.phoneNumberId),
      rows.map(({ appId }, index) => this.recipients.hash(appId, numbers[index] ?? null)),
      numbers.map((number) => this.recipients.mask(number)),
    ];
  }
}

const isPlainClaim = (row: ClaimRow): boolean => row.state === 'sending' && row.keyHash === null;

const identityColumns = (rows: readonly MessageRow[]): unknown[] => [
  rows.map((row) => row.messageId),
  rows.map((row) => row.appId),
  rows.map((row) => row.orgId),
  rows.map((row) => row.type),
  rows.map((row) => (row.isFake ? FAKE : 0) | (row.isMmlite ? MMLITE : 0)),
];

const outcomeColumns = (rows: readonly MessageRow[]): unknown[] => [
  rows.map((row) => row.state),
  rows.map((row) => row.wamid),
  rows.map((row) => row.errorCode),
  rows.map((row) => row.errorParams),
  rows.map((row) => row.retryAfterSeconds),
  rows.map((row) => row.response),
];

/** A row as the services know it. */
export const storedMessage = (row: sql.MessageColumns): StoredMessage => ({
  messageId: row.id,
  appId: row.app_id,
  orgId: row.org_id,
  type: row.type,
  isFake: (row.flags & FAKE) !== 0,
  isMmlite: (row.flags & MMLITE) !== 0,
  state: row.state,
  wamid: row.wamid,
  errorCode: row.error_code,
  errorParams: row.error_params,
  retryAfterSeconds: row.retry_after_seconds,
  response: row.response,
  maskedRecipient: row.recipient,
  firstMessageId: row.first_message_id,
  createdAtMs: row.created_at.getTime(),
  updatedAtMs: row.updated_at.getTime(),
  ownerBootId: row.owner_boot_id,
  isOwnerAlive: row.is_owner_alive,
});
