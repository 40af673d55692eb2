import type { BrokerClock } from '@gateway/messaging';
import { metrics, type Logger } from '@gateway/platform';
import type { AnswersService } from './answers.service';
import type { LeaseService } from './lease.service';
import type { MessageRow, MessagesStore } from './messages.store';
import type { OutgoingMessage } from './outgoing-message';

/** Fences that wait for the store; past it a late copy of the oldest is bounded by its own time alone. */
const FENCES_MAX = 100_000;
const FENCES_PER_STATEMENT = 500;

const unfenced = metrics.gauge({
  name: 'gw_dispatcher_fences_waiting',
  help: 'Messages refused while the store was gone whose rows are not written yet.',
});

/**
 * Final refusals while the store is gone: the offset is committed first and the caller answered behind it, so that the
 * record never comes again; its row follows when the store is back, so that no late copy is ever sent.
 */
export class RefusalsService {
  private readonly fences = new Map<string, MessageRow>();
  private isFencing = false;

  constructor(
    private readonly messages: MessagesStore,
    private readonly lease: LeaseService,
    private readonly answers: AnswersService,
    private readonly brokerClock: BrokerClock,
    private readonly logger: Logger,
  ) {}

  /** Whether a message was refused here while the store was gone. */
  has(messageId: string): boolean {
    return this.fences.has(messageId);
  }

  /** Rows that wait for the store. */
  get hasAny(): boolean {
    return this.fences.size > 0;
  }

  /** Refuses a concluded message of which surely nothing was sent. */
  async refuse(message: OutgoingMessage): Promise<void> {
    this.fences.set(message.messageId, rowOf(message));
    if (this.fences.size > FENCES_MAX) {
      for (const oldest of this.fences.keys()) {
        this.fences.delete(oldest);
        break;
      }
    }
    unfenced.set(this.fences.size);
    message.finish();
    await this.untilFinal(message);
    await this.answers.tell([message]);
  }

  /** Writes the rows of what was refused, when the store is back; called now and then. */
  async fence(): Promise<void> {
    if (this.isFencing || this.fences.size === 0) return;
    this.isFencing = true;
    try {
      while (this.fences.size > 0) {
        const some = [...this.fences.values()].slice(0, FENCES_PER_STATEMENT);
        const nowMs = this.brokerClock.nowMs();
        await this.messages.fence(some, { bootId: this.lease.bootId, nowMs });
        for (const { messageId } of some) this.fences.delete(messageId);
        unfenced.set(this.fences.size);
      }
    } catch (error) {
      this.logger.warn({ err: error, records: this.fences.size }, 'fences.not-written');
    } finally {
      this.isFencing = false;
    }
  }

  /**
   * Waits for the offset, at most to the message's deadline: behind the one the record does not come again, behind the
   * other it may not be sent any more.
   */
  private async untilFinal(message: OutgoingMessage): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, message.deadlineMs - this.brokerClock.nowMs()));
    });
    await Promise.race([message.committed(), deadline]);
    clearTimeout(timer);
  }
}

/** The row alone: bodies are not kept for as long as the store is away. */
const rowOf = (message: MessageRow): MessageRow => ({
  messageId: message.messageId,
  appId: message.appId,
  orgId: message.orgId,
  type: message.type,
  isFake: message.isFake,
  isMmlite: message.isMmlite,
  state: message.state,
  wamid: null,
  errorCode: message.errorCode,
  errorParams: message.errorParams,
  retryAfterSeconds: message.retryAfterSeconds,
  response: null,
  firstMessageId: null,
});
