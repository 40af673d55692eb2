import { decodeJourney, isJsonObject } from '@gateway/contracts';
import {
  PartitionHistory,
  type Batch,
  type BrokerClock,
  type InboundRecord,
} from '@gateway/messaging';
import { metrics, type Logger } from '@gateway/platform';
import type { AdmissionService } from './admission.service';
import type { AnswersService } from './answers.service';
import type { CallsService } from './calls.service';
import type { ClaimsService } from './claims.service';
import { Gathering } from './domain/gathering';
import { EXPIRED, NOT_SENT, refusal, type Refusal } from './domain/verdict';
import type { LeaseService } from './lease.service';
import type { OutcomesService } from './outcomes.service';
import { OutgoingMessage } from './outgoing-message';
import type { PermitsService } from './permits.service';
import type { RedeliveryService } from './redelivery.service';
import type { RefusalsService } from './refusals.service';
import type { RepeatsService } from './repeats.service';

/** What each step of the way is done by. */
export interface SendSteps {
  readonly admission: AdmissionService;
  readonly permits: PermitsService;
  readonly claims: ClaimsService;
  readonly calls: CallsService;
  readonly outcomes: OutcomesService;
  readonly answers: AnswersService;
  readonly redelivery: RedeliveryService;
  readonly repeats: RepeatsService;
  readonly refusals: RefusalsService;
}

/** While a statement runs, and under load a little longer, what arrives gathers for the next. */
const STATEMENTS = { runsMax: 1, itemsMax: 500, restMs: 5 };
const TICK_MS = 20;
/** How often what waits for another instance or for the store is looked at. */
const LOOK_INTERVAL_MS = 200;
/** A key that is free at each look and taken at each claim: somebody else is always first. */
const KEY_ATTEMPTS_MAX = 5;

const inFlight = metrics.gauge({
  name: 'gw_dispatcher_in_flight',
  help: 'Messages between their record and their answer.',
});

/**
 * The order of steps, at most once to Meta: permit, claim (committed before the call), call, outcome (committed before
 * the answer), answer and settlement, offset. Whatever is not written now by this process' own claim is never sent.
 */
export class SendService {
  private readonly open = new Map<string, OutgoingMessage>();
  private readonly history = new PartitionHistory();
  private readonly claims = new Gathering<OutgoingMessage>((some) => this.claim(some), STATEMENTS);
  private readonly ends = new Gathering<OutgoingMessage>((some) => this.commit(some), STATEMENTS);
  private readonly known = new Gathering<OutgoingMessage>(
    (some) => this.lookAtKnown(some),
    STATEMENTS,
  );
  private readonly repeats = new Gathering<OutgoingMessage>(
    (some) => this.lookAtKeys(some),
    STATEMENTS,
  );
  private waitingForOwner: OutgoingMessage[] = [];
  private waitingForStore: OutgoingMessage[] = [];
  private waitingForChannel: OutgoingMessage[] = [];
  private timer: NodeJS.Timeout | undefined;
  private lookedAtMs = 0;

  constructor(
    private readonly steps: SendSteps,
    private readonly lease: LeaseService,
    private readonly brokerClock: BrokerClock,
    private readonly logger: Logger,
  ) {}

  /** Broker's time at which the oldest open message came. */
  get openSinceMs(): number {
    for (const message of this.open.values()) return message.takenAtMs;
    return this.brokerClock.nowMs();
  }

  /** Messages that another dispatcher may have sent, and that no store can be asked about. */
  get waitingForStoreCount(): number {
    return this.waitingForStore.length;
  }

  /** Takes every record of a batch; each is finished when its message is answered. */
  take(batch: Batch): void {
    const nowMs = this.brokerClock.nowMs();
    for (const record of batch.records) this.takeRecord(batch, record, nowMs);
    inFlight.set(this.open.size);
    this.wake();
  }

  /** Ends the journey of a record that cannot be handled, unless its call may be running. */
  async endJourney(record: InboundRecord): Promise<void> {
    const journey = decodeJourney(record.headers);
    if (!journey) return;
    const body = record.value ?? Buffer.alloc(0);
    const message = new OutgoingMessage(journey, body, record, null, this.brokerClock.nowMs());
    message.conclude(refusal('GW_500'));
    const { claims, redelivery, answers } = this.steps;
    const claimed = await claims.claim([message]);
    const ended = claimed.size > 0 ? [message] : (await redelivery.look([message])).ended;
    await answers.tell(ended);
  }

  /** Ends the watch over what is open; only when nothing of it can go on any more. */
  stop(): void {
    clearInterval(this.timer);
    this.steps.outcomes.stop();
    this.steps.answers.stop();
  }

  private takeRecord(batch: Batch, record: InboundRecord, nowMs: number): void {
    this.history.see(record.partition, record.offset, nowMs);
    const journey = decodeJourney(record.headers);
    if (journey?.submittedAtMs === undefined || !record.value || !isJsonObject(record.value)) {
      batch.reject(record, 'not a message with its journey');
      return;
    }
    const { messageId } = journey;
    const known = this.open.get(messageId);
    // Its own call is running: this record ends with it. One that was refused for good is over.
    if (known) batch.defer(record, known.finished);
    if (known || this.steps.refusals.has(messageId)) return;
    const message = new OutgoingMessage(journey, record.value, record, batch, nowMs);
    this.open.set(messageId, message);
    batch.defer(record, message.finished);
    if (this.steps.permits.enter(message.appId)) this.admit(message);
    else this.admit(message, this.steps.admission.overAppBound());
  }

  private admit(message: OutgoingMessage, refused?: Refusal): void {
    const step = this.steps.admission.admit(message, refused);
    if (step === 'claim') this.claims.add(message);
    else if (step === 'look-at-key') this.repeats.add(message);
    else if (step === 'await-channel') this.waitingForChannel.push(message);
  }

  private async claim(messages: OutgoingMessage[]): Promise<void> {
    for (const message of messages) this.expireWhenOver(message);
    let claimed: ReadonlySet<string>;
    try {
      claimed = await this.steps.claims.claim(messages);
    } catch {
      this.storeGone(messages);
      return;
    }
    const ended: OutgoingMessage[] = [];
    for (const message of messages) {
      const isClaimed = claimed.has(message.messageId);
      if (isClaimed && message.state === 'sending') this.call(message);
      else {
        this.steps.permits.release(message, false);
        if (message.hasFailed) this.forget(message);
        else if (isClaimed) ended.push(message);
        else this.known.add(message);
      }
    }
    void this.end(ended);
  }

  private call(message: OutgoingMessage): void {
    const { calls, permits, admission } = this.steps;
    calls.start(message, (verdict, wasMade) => {
      permits.release(message, wasMade);
      admission.learn(message, verdict);
      message.conclude(verdict);
      this.ends.add(message);
    });
  }

  private async commit(messages: OutgoingMessage[]): Promise<void> {
    if (await this.steps.outcomes.commit(messages)) void this.end(messages);
  }

  private async end(messages: readonly OutgoingMessage[]): Promise<void> {
    const told = this.steps.answers.end(messages);
    // Answered: a copy that comes now finds the row, also while the settlement is on its way.
    for (const message of messages) this.forget(message);
    try {
      await told;
    } catch {
      // The process ends; the records stay uncommitted and come again.
    }
  }

  private forget(message: OutgoingMessage): void {
    this.open.delete(message.messageId);
    this.steps.permits.leave(message.appId);
  }

  /** What the claim did not write: it came before, or repeats a key. */
  private async lookAtKnown(messages: OutgoingMessage[]): Promise<void> {
    try {
      const { ended, waiting, missing } = await this.steps.redelivery.look(messages);
      for (const message of waiting) this.steps.answers.running(message);
      this.waitingForOwner.push(...waiting);
      for (const message of missing) {
        if (message.journey.idempotencyHash !== undefined) this.repeats.add(message);
        else this.admitAgain(message);
      }
      void this.end(ended);
    } catch (error) {
      // Its state is in the store, and the store comes back.
      this.logger.warn({ err: error, records: messages.length }, 'redelivery.not-judged');
      this.waitingForOwner.push(...messages);
    }
  }

  private async lookAtKeys(messages: OutgoingMessage[]): Promise<void> {
    try {
      const { concluded, free } = await this.steps.repeats.look(messages);
      for (const message of concluded) this.claims.add(message);
      for (const message of free) this.goOnWithFreeKey(message);
    } catch (error) {
      this.logger.warn({ err: error, records: messages.length }, 'repeat.not-judged');
      this.storeGone(messages);
    }
  }

  private goOnWithFreeKey(message: OutgoingMessage): void {
    message.attempts += 1;
    if (message.refusal === null && message.attempts < KEY_ATTEMPTS_MAX) {
      this.admitAgain(message);
      return;
    }
    message.forgoKey();
    message.conclude(message.refusal ?? refusal('GW_006', {}, 1));
    this.claims.add(message);
  }

  private admitAgain(message: OutgoingMessage): void {
    message.reopen();
    this.admit(message);
  }

  private expireWhenOver(message: OutgoingMessage): void {
    if (message.state !== 'sending' || this.brokerClock.nowMs() < message.deadlineMs) return;
    this.steps.permits.release(message, false);
    message.forgoKey();
    message.conclude(EXPIRED);
  }

  /** Refuses what nobody can have sent; what another instance may have sent waits for the store. */
  private storeGone(messages: readonly OutgoingMessage[]): void {
    const workedAtMs = Math.max(this.steps.claims.workedAtMs, this.lease.renewedAtMs);
    for (const message of messages) {
      const { partition, timestampMs } = message.record;
      this.steps.permits.release(message, false);
      if (timestampMs <= workedAtMs && !this.history.isFirstHere(partition, timestampMs)) {
        this.waitingForStore.push(message);
      } else {
        message.forgoKey();
        if (message.state !== 'rejected') message.conclude(NOT_SENT);
        void this.refuseForGood(message);
      }
    }
  }

  private async refuseForGood(message: OutgoingMessage): Promise<void> {
    try {
      await this.steps.refusals.refuse(message);
    } catch {
      // The process ends; the hold goes by billing's question.
    }
    this.forget(message);
  }

  /** Watches what is open, as long as something is. */
  private wake(): void {
    this.timer ??= setInterval(() => {
      this.tick();
    }, TICK_MS);
  }

  private tick(): void {
    const { permits, calls, answers } = this.steps;
    if (permits.hasWaiting) this.drain();
    calls.sweep((message) => {
      answers.running(message);
    });
    for (const message of this.waitingForChannel.splice(0)) this.admit(message);
    const nowMs = Date.now();
    if (nowMs - this.lookedAtMs < LOOK_INTERVAL_MS) return;
    this.lookedAtMs = nowMs;
    for (const message of this.waitingForOwner.splice(0)) this.known.add(message);
    for (const message of this.waitingForStore.splice(0)) this.admitAgain(message);
    void this.steps.refusals.fence();
    inFlight.set(this.open.size);
    if (this.open.size === 0 && !this.steps.refusals.hasAny) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  private drain(): void {
    const { granted, refused } = this.steps.permits.drain();
    for (const message of granted) this.claims.add(message);
    for (const message of refused) {
      this.admit(message, this.steps.admission.overNumberBound(message));
    }
  }
}
