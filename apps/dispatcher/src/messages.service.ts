import { isUuid, type CommandRequest } from '@gateway/contracts';
import type { BrokerClock } from '@gateway/messaging';
import type { Statements } from '@gateway/platform';
import type { AnswersService } from './answers.service';
import { EXPIRED } from './domain/verdict';
import type { LeaseService } from './lease.service';
import type { ClaimRow, MessagesStore, StoredMessage } from './messages.store';
import type { RedeliveryService } from './redelivery.service';

type OpenHold = CommandRequest<'dispatcher', 'outcomes'>['messages'][number];

const WAMID = /^wamid\.[\x21-\x7e]{1,506}$/;

/** What others ask about messages. */
export class MessagesService {
  constructor(
    private readonly store: MessagesStore,
    private readonly redelivery: RedeliveryService,
    private readonly answers: AnswersService,
    private readonly lease: LeaseService,
    private readonly brokerClock: BrokerClock,
  ) {}

  /** The row to show for a message of the application, by its UUID or its wamid; null when there is none. */
  async shown(appId: string, id: string, on: Statements): Promise<StoredMessage | null> {
    const row = await this.find(appId, id, on);
    if (row?.appId !== appId) return null;
    // A repeat is the message that it repeats.
    const first =
      row.firstMessageId === null ? row : (await this.store.find([row.firstMessageId], on))[0];
    return first?.appId === appId ? first : row;
  }

  /**
   * Produces how each message ended. An id without a row gets one that fences it, so that a late copy is never sent.
   *
   * @returns the number of messages that have ended; the calls of the others still run
   */
  async settle(messages: readonly OpenHold[]): Promise<number> {
    const known = messages.filter(({ messageId, appId, orgId }) =>
      [messageId, appId, orgId].every(isUuid),
    );
    const unique = [...new Map(known.map((message) => [message.messageId, message])).values()];
    const ids = unique.map(({ messageId }) => messageId);
    const rows = await this.redelivery.find(ids);
    const missing = unique.filter(({ messageId }) => !rows.has(messageId));
    if (missing.length === 0) return this.answers.settle([...rows.values()]);
    const owner = { bootId: this.lease.bootId, nowMs: this.brokerClock.nowMs() };
    await this.store.claim(missing.map(fenceOf), owner);
    return this.answers.settle([...(await this.redelivery.find(ids)).values()]);
  }

  private async find(appId: string, id: string, on: Statements): Promise<StoredMessage | null> {
    if (isUuid(id)) return (await this.store.find([id], on))[0] ?? null;
    return WAMID.test(id) ? this.store.findByWamid(appId, id, on) : null;
  }
}

const fenceOf = ({ messageId, appId, orgId }: OpenHold): ClaimRow => ({
  messageId,
  appId,
  orgId,
  type: null,
  isFake: false,
  isMmlite: false,
  state: 'expired',
  wamid: null,
  errorCode: EXPIRED.code,
  errorParams: null,
  retryAfterSeconds: EXPIRED.retryAfterSeconds ?? null,
  response: null,
  firstMessageId: null,
  phoneNumberId: null,
  recipient: null,
  keyHash: null,
  bodyHash: null,
});
