import type { Journey, MessageState } from '@gateway/contracts';
import type { Batch, InboundRecord } from '@gateway/messaging';
import type { Channel } from './channels.service';
import type { PhoneNumberLane } from './domain/phone-number-lane';
import { recipientOf } from './domain/recipients';
import { type Refusal, type Verdict } from './domain/verdict';
import type { ClaimRow } from './messages.store';

/** One message on its way through this process, from its record to its answer; also the row that is written of it. */
export class OutgoingMessage implements ClaimRow {
  readonly messageId: string;
  readonly appId: string;
  readonly orgId: string;
  readonly type: string;
  readonly isFake: boolean;
  readonly isMmlite: boolean;
  state: MessageState = 'sending';
  wamid: string | null = null;
  errorCode: string | null = null;
  errorParams: string | null = null;
  retryAfterSeconds: number | null = null;
  response: Buffer | null = null;
  /** The message whose outcome a repeat of its idempotency key was answered with. */
  firstMessageId: string | null = null;
  /** Hex digests; null unless this row is to take the idempotency key. */
  keyHash: string | null = null;
  bodyHash: string | null = null;

  /** What the caller is answered; of a repeat the outcome of the first. Null while it is open. */
  verdict: Verdict | null = null;
  channel: Channel | null = null;
  /** Holds a permit of this lane. */
  lane: PhoneNumberLane<OutgoingMessage> | null = null;
  /** To be given unless the first request with the same idempotency key has an outcome. */
  refusal: Refusal | null = null;
  /** The lease under which the row was claimed; a call under a later one is not made. */
  leaseEpoch = 0;
  hasFailed = false;
  /** The edge was told that the answer takes a while. */
  isReportedRunning = false;
  /** How often its idempotency key was free and then taken by another. */
  attempts = 0;
  readonly finished: Promise<void>;
  private end!: { resolve: () => void; reject: (error: unknown) => void };

  constructor(
    readonly journey: Journey,
    readonly body: Buffer,
    readonly record: InboundRecord,
    /** Null outside of a batch. */
    private readonly batch: Batch | null,
    /** Broker's time of its arrival here. */
    readonly takenAtMs: number,
  ) {
    this.messageId = journey.messageId;
    this.appId = journey.appId;
    this.orgId = journey.orgId;
    this.type = journey.type;
    this.isFake = journey.isFake;
    this.isMmlite = journey.isMmlite;
    this.finished = new Promise((resolve, reject) => {
      this.end = { resolve, reject };
    });
  }

  /** Broker's time until which the call to Meta may start. */
  get deadlineMs(): number {
    return (this.journey.submittedAtMs ?? 0) + this.journey.ttlMs;
  }

  get phoneNumberId(): string | null {
    return this.channel?.phoneNumberId ?? null;
  }

  /** Read when the row is written, from the body that Meta gets: a number stands in no header. */
  get recipient(): string | null {
    return recipientOf(this.body);
  }

  get isRead(): boolean {
    return this.journey.type === 'read';
  }

  /** Enters the outcome, also into the row that is to be written. */
  conclude(verdict: Verdict): void {
    this.verdict = verdict;
    this.state = verdict.state;
    if (verdict.state === 'accepted') {
      this.wamid = verdict.wamid;
      this.response = verdict.response;
      return;
    }
    this.wamid = null;
    this.response = null;
    this.errorCode = verdict.code;
    this.errorParams = JSON.stringify(verdict.params);
    this.retryAfterSeconds = verdict.retryAfterSeconds ?? null;
  }

  /** Ends as the repeat of another message: nothing of its own is sent, and its money goes back. */
  concludeAsRepeat(firstMessageId: string, answer: Verdict): void {
    this.forgoKey();
    this.firstMessageId = firstMessageId;
    this.verdict = answer;
    this.state = 'rejected';
    this.wamid = null;
    this.response = null;
  }

  /** Is judged anew from the start. */
  reopen(): void {
    this.forgoKey();
    this.verdict = null;
    this.state = 'sending';
    this.wamid = null;
    this.response = null;
    this.errorCode = null;
    this.errorParams = null;
    this.retryAfterSeconds = null;
  }

  /** Its row must not take the idempotency key: nothing will be sent for it. */
  forgoKey(): void {
    this.keyHash = null;
    this.bodyHash = null;
  }

  /** Its offset may be committed. */
  finish(): void {
    this.end.resolve();
  }

  /** It cannot be handled: the record goes to the dead letter. */
  fail(error: unknown): void {
    this.hasFailed = true;
    this.end.reject(error);
  }

  /** Resolves when its offset is committed; only after `finish`. */
  committed(): Promise<void> {
    return this.batch ? this.batch.committed(this.record) : Promise.resolve();
  }
}
