import type { BrokerClock } from '@gateway/messaging';
import { verdictOf } from './domain/stored-verdict';
import { NOT_SENT, refusal } from './domain/verdict';
import type { LeaseService } from './lease.service';
import type { MessagesStore, StoredMessage } from './messages.store';
import type { OutgoingMessage } from './outgoing-message';

/** What is known of messages that came before. */
export interface Redelivered {
  /** Concluded with what is stored: to be answered and settled again. */
  readonly ended: OutgoingMessage[];
  /** Another instance holds them and lives: to be looked at again. */
  readonly waiting: OutgoingMessage[];
  /** Without a row: they repeat the idempotency key of another message. */
  readonly missing: OutgoingMessage[];
}

/** What becomes of a message whose row is there already: anything but a second send. */
export class RedeliveryService {
  constructor(
    private readonly messages: MessagesStore,
    private readonly lease: LeaseService,
    private readonly brokerClock: BrokerClock,
  ) {}

  /** @throws the store's error */
  async look(messages: readonly OutgoingMessage[]): Promise<Redelivered> {
    const messageIds = messages.map(({ messageId }) => messageId);
    let rows = await this.find(messageIds);
    const unsent = [...rows.values()].filter((row) => this.isUnsent(row));
    if (unsent.length > 0) {
      await this.endUnsent(unsent.map(({ messageId }) => messageId));
      rows = await this.find(messageIds);
    }
    const firsts = await this.find(
      [...rows.values()].flatMap(({ firstMessageId }) => firstMessageId ?? []),
    );
    const redelivered: Redelivered = { ended: [], waiting: [], missing: [] };
    for (const message of messages) {
      const row = rows.get(message.messageId);
      if (!row) redelivered.missing.push(message);
      else if (row.state === 'sending') redelivered.waiting.push(message);
      else {
        conclude(message, row, row.firstMessageId === null ? null : firsts.get(row.firstMessageId));
        redelivered.ended.push(message);
      }
    }
    return redelivered;
  }

  /** Rows as they are once it is said of each `sending` one what it is: running elsewhere, lost, or never sent. */
  async find(messageIds: readonly string[]): Promise<Map<string, StoredMessage>> {
    if (messageIds.length === 0) return new Map();
    const rows = await this.messages.find(messageIds);
    const open = rows.filter(({ state }) => state === 'sending');
    const lost = open.filter((row) => this.isLost(row)).map(({ messageId }) => messageId);
    if (lost.length > 0) await this.messages.markLost(lost, this.brokerClock.nowMs());
    return new Map(
      (lost.length === 0 ? rows : await this.messages.find(messageIds)).map((row) => [
        row.messageId,
        row,
      ]),
    );
  }

  /** Its own, and not under way any more: the claim's outcome was uncertain, so that it was never called. */
  private isUnsent({ state, ownerBootId }: StoredMessage): boolean {
    return state === 'sending' && ownerBootId === this.lease.bootId;
  }

  private async endUnsent(messageIds: readonly string[]): Promise<void> {
    await this.messages.markUnsent(
      messageIds,
      {
        errorCode: NOT_SENT.code,
        errorParams: JSON.stringify(NOT_SENT.params),
        retryAfterSeconds: NOT_SENT.retryAfterSeconds ?? null,
      },
      { bootId: this.lease.bootId, nowMs: this.brokerClock.nowMs() },
    );
  }

  private isLost({ isOwnerAlive, ownerBootId }: StoredMessage): boolean {
    return !isOwnerAlive && ownerBootId !== this.lease.bootId && this.lease.isSettled;
  }
}

function conclude(
  message: OutgoingMessage,
  row: StoredMessage,
  first: StoredMessage | null | undefined,
): void {
  if (row.firstMessageId === null) {
    const verdict = verdictOf(row);
    if (verdict) message.conclude(verdict);
    message.state = row.state;
    return;
  }
  const answer = first ? verdictOf(first) : null;
  message.concludeAsRepeat(row.firstMessageId, answer ?? refusal('GW_006', {}, 1));
}
