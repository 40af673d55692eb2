import type { BrokerClock } from '@gateway/messaging';
import { isDataError, type Logger } from '@gateway/platform';
import type { LeaseService } from './lease.service';
import type { MessagesStore } from './messages.store';
import type { OutgoingMessage } from './outgoing-message';

/** Nothing was claimed, or nobody knows; nothing of it may be sent. */
class StoreGoneError extends Error {
  constructor(cause: unknown) {
    super('the store of messages does not answer', { cause });
  }
}

/** How long a store that just worked may take; a pause of its disk is not its end. */
const PATIENCE_MS = 3_000;
/** How long one that is known to be gone is tried again, before a message is refused. */
const PATIENCE_WHEN_GONE_MS = 200;
const PAUSE_MS = 50;

/** Claims messages before they are sent. */
export class ClaimsService {
  private isGone = false;
  private lastWorkedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly messages: MessagesStore,
    private readonly lease: LeaseService,
    private readonly brokerClock: BrokerClock,
    private readonly logger: Logger,
  ) {}

  /** Broker's time at which the store worked last. */
  get workedAtMs(): number {
    return this.lastWorkedMs;
  }

  /**
   * Writes the rows of a batch, `sending` for what is to be called and final for what has ended.
   *
   * @returns the ids that were written now; whatever else is in the batch came before, or repeats a key
   * @throws StoreGoneError
   */
  async claim(messages: readonly OutgoingMessage[]): Promise<ReadonlySet<string>> {
    const deadlineMs = Date.now() + (this.isGone ? PATIENCE_WHEN_GONE_MS : PATIENCE_MS);
    const claimed = new Set<string>();
    const parts: (readonly OutgoingMessage[])[] = [withoutRepeatedKeys(messages)];
    for (let part = parts.pop(); part; part = parts.pop()) {
      try {
        const ids = await withinTime(this.attempt(part), deadlineMs);
        for (const id of ids) claimed.add(id);
        this.worked();
      } catch (error) {
        parts.push(...(await this.again(part, error, deadlineMs)));
      }
    }
    return claimed;
  }

  /** Notes that the store answers. */
  worked(): void {
    this.isGone = false;
    this.lastWorkedMs = this.brokerClock.nowMs();
  }

  private async attempt(messages: readonly OutgoingMessage[]): Promise<ReadonlySet<string>> {
    if (!this.lease.isValid) await this.lease.renew();
    const { epoch, bootId } = this.lease;
    for (const message of messages) message.leaseEpoch = epoch;
    return this.messages.claim(messages, { bootId, nowMs: this.brokerClock.nowMs() });
  }

  /** What is to be tried after a failure; a message whose data the store refuses fails alone. */
  private async again(
    part: readonly OutgoingMessage[],
    error: unknown,
    deadlineMs: number,
  ): Promise<(readonly OutgoingMessage[])[]> {
    if (isDataError(error)) {
      const [first] = part;
      if (part.length === 1 && first) {
        first.fail(error);
        return [];
      }
      const middle = part.length >>> 1;
      return [part.slice(middle), part.slice(0, middle)];
    }
    if (Date.now() + PAUSE_MS >= deadlineMs) {
      this.isGone = true;
      this.logger.error({ err: error, records: part.length }, 'claim.store-gone');
      throw new StoreGoneError(error);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return [part];
  }
}

/** Of those with one idempotency key the first; the others are repeats of it. */
function withoutRepeatedKeys(messages: readonly OutgoingMessage[]): readonly OutgoingMessage[] {
  if (messages.every(({ keyHash }) => keyHash === null)) return messages;
  const keys = new Set<string>();
  return messages.filter(({ appId, keyHash }) => {
    if (keyHash === null) return true;
    const key = `${appId} ${keyHash}`;
    if (keys.has(key)) return false;
    keys.add(key);
    return true;
  });
}

/** The result, or an error once the time is over; what comes after that is ignored, so nothing of it is sent. */
async function withinTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
      },
      Math.max(1, deadlineMs - Date.now()),
    );
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
