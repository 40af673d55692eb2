import type { Reply } from '@gateway/contracts';
import type { Messaging, OutboundRecord } from '@gateway/messaging';
import { metrics, type Logger } from '@gateway/platform';
import { Gathering } from './domain/gathering';
import { outcomeOf } from './domain/message-state';
import type { MessageRow } from './messages.store';
import type { OutgoingMessage } from './outgoing-message';
import { settledRecord } from './settled-record';

/** How much longer than the message's time the edge waits for an answer. */
const ANSWER_GRACE_MS = 11_000;
const PAUSE_MS = 500;

/** No caller waits for money to be settled, so what ends within this time is one record batch and one charge. */
const SETTLEMENTS = { runsMax: 2, itemsMax: 500, lingerMs: 25 };

/** What one caller of `settle` waits for. */
interface Settlement {
  readonly records: readonly OutboundRecord[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const ended = metrics.counter({
  name: 'gw_dispatcher_messages_total',
  help: 'Messages whose journey ended here, by what the caller was answered.',
  labels: ['answer'],
});

/** Tells the edge and billing how messages ended. */
export class AnswersService {
  private isStopped = false;
  private readonly settlements = new Gathering<Settlement>(
    (some) => this.settleAll(some),
    SETTLEMENTS,
  );

  constructor(
    private readonly messaging: Pick<Messaging, 'producer' | 'replies' | 'brokerClock'>,
    private readonly logger: Logger,
  ) {}

  /**
   * Answers the edge and settles the money of ended messages; then their offsets may be committed. What they tell is
   * committed before.
   */
  async end(messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    await this.tell(messages);
    for (const message of messages) message.finish();
  }

  /** The same without the offsets: of messages whose offset came first. */
  async tell(messages: readonly OutgoingMessage[]): Promise<void> {
    for (const message of messages) this.reply(message);
    await this.settle(messages);
  }

  /** Ends the attempts, at the end of the process; what is not acknowledged is produced again after its record. */
  stop(): void {
    this.isStopped = true;
  }

  /** The call to Meta, here or at another dispatcher, lasts a while: the answer will come. Told once. */
  running(message: OutgoingMessage): void {
    const { journey, deadlineMs, isReportedRunning } = message;
    if (isReportedRunning) return;
    message.isReportedRunning = true;
    this.messaging.replies.send(
      journey.replyPartition,
      journey.messageId,
      { kind: 'running', from: 'dispatcher' },
      deadlineMs + ANSWER_GRACE_MS,
    );
  }

  /** Produces how messages are settled; returns their number once the broker has all. */
  async settle(rows: readonly MessageRow[]): Promise<number> {
    const atMs = Math.round(this.messaging.brokerClock.nowMs());
    const records: OutboundRecord[] = [];
    for (const row of rows) {
      const outcome = outcomeOf(row.state);
      if (outcome !== null) records.push(settledRecord(row, outcome, atMs));
    }
    if (records.length > 0) {
      await new Promise<void>((resolve, reject) => {
        this.settlements.add({ records, resolve, reject });
      });
    }
    return records.length;
  }

  private async settleAll(settlements: readonly Settlement[]): Promise<void> {
    try {
      await this.produce(settlements.flatMap(({ records }) => records));
      for (const { resolve } of settlements) resolve();
    } catch (error) {
      for (const { reject } of settlements) reject(error);
    }
  }

  private async produce(records: OutboundRecord[]): Promise<void> {
    for (;;) {
      try {
        await this.messaging.producer.sendAll(records);
        return;
      } catch (error) {
        // Money hangs on it: nothing but the end of the process ends the attempts.
        if (this.isStopped) throw error;
        this.logger.error({ err: error, records: records.length }, 'settled.not-produced');
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  private reply(message: OutgoingMessage): void {
    const { journey, verdict, firstMessageId } = message;
    if (!verdict) return;
    const about = {
      from: 'dispatcher' as const,
      messageId: firstMessageId ?? message.messageId,
      rateState: journey.rateState,
      isReplayed: firstMessageId !== null,
    };
    const reply: Reply =
      verdict.state === 'accepted'
        ? { kind: 'accepted', ...about, data: verdict.response }
        : {
            kind: 'refused',
            ...about,
            code: verdict.code,
            params: verdict.params,
            retryAfterSeconds: verdict.retryAfterSeconds,
          };
    ended.inc({ answer: verdict.state === 'accepted' ? 'accepted' : verdict.code });
    this.messaging.replies.send(
      journey.replyPartition,
      journey.messageId,
      reply,
      message.deadlineMs + ANSWER_GRACE_MS,
    );
  }
}
