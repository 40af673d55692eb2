import type { BrokerClock } from '@gateway/messaging';
import { isDataError, type Logger } from '@gateway/platform';
import type { LeaseService } from './lease.service';
import type { MessagesStore } from './messages.store';
import type { OutgoingMessage } from './outgoing-message';

const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 1_000;

/** Commits how calls ended, before anybody is told. */
export class OutcomesService {
  private isStopped = false;

  constructor(
    private readonly messages: MessagesStore,
    private readonly lease: LeaseService,
    private readonly brokerClock: BrokerClock,
    private readonly logger: Logger,
  ) {}

  /** Ends the attempts, at the end of the process. */
  stop(): void {
    this.isStopped = true;
  }

  /**
   * Repeated until it is done: a call was made, so nothing else but its outcome may become of it.
   *
   * @returns false when the process ends before; what is not committed is unknown then
   */
  async commit(messages: readonly OutgoingMessage[]): Promise<boolean> {
    const parts: (readonly OutgoingMessage[])[] = [messages];
    let pauseMs = PAUSE_MS_MIN;
    for (let part = parts.pop(); part; part = parts.pop()) {
      try {
        const nowMs = this.brokerClock.nowMs();
        await this.messages.settle(part, { bootId: this.lease.bootId, nowMs });
        pauseMs = PAUSE_MS_MIN;
      } catch (error) {
        this.logger.error({ err: error, records: part.length }, 'outcome.not-committed');
        if (this.isStopped) return false;
        parts.push(...halvesOf(part, error));
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
      }
    }
    return true;
  }
}

/** Of a batch that the store refuses for its data the halves; of one message its outcome without Meta's words. */
function halvesOf(
  part: readonly OutgoingMessage[],
  error: unknown,
): (readonly OutgoingMessage[])[] {
  const [first] = part;
  if (!isDataError(error)) return [part];
  if (part.length > 1) {
    const middle = part.length >>> 1;
    return [part.slice(middle), part.slice(0, middle)];
  }
  if (first) {
    first.response = null;
    first.errorParams = null;
  }
  return [part];
}
