import { decodeJourney, type Journey } from '@gateway/contracts';
import type { ErrorCode } from '@gateway/errors';
import {
  MESSAGING,
  PartitionHistory,
  type Batch,
  type InboundRecord,
  type Messaging,
  type OutboundRecord,
} from '@gateway/messaging';
import {
  AgingMap,
  CLOCK,
  LOGGER,
  isRetryableDatabaseError,
  metrics,
  type Clock,
  type Logger,
} from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { answerExpiresAtMs, askAtMs, deadlineMs } from './domain/hold-policy';
import { Outage } from './domain/outage';
import { FeesService } from './fees.service';
import { HoldsStore } from './holds.store';

/** A message of the batch that is being worked on. */
interface Arrival {
  readonly record: InboundRecord;
  readonly journey: Journey;
  readonly deadlineMs: number;
  readonly isLate: boolean;
}

interface Refusal {
  readonly arrival: Arrival;
  readonly code: ErrorCode;
}

/** Messages are remembered for their time and this much longer. */
const GENERATION_MS = 10_000;

/** The store did not answer within the time that a message can wait for it. */
class StoreTimeoutError extends Error {
  override readonly name = 'StoreTimeoutError';
}

/**
 * Holds the price of admitted messages and hands them on. What the wallet does not cover ends here with BILL_001, and
 * with BILL_002 when the store is gone. With the refusal is handed on, for the dispatcher to judge, a message with an
 * idempotency key, as there may be an outcome to replay, and while the store is gone one that was or may have been
 * handed on before, as it may be with Meta.
 */
@Injectable()
export class HoldService {
  private readonly outage = new Outage();
  private readonly history = new PartitionHistory();
  private readonly handedOn = new AgingMap<true>(GENERATION_MS);
  private readonly refused = metrics.counter({
    name: 'gw_billing_refused_total',
    help: 'Messages that billing refused, by code.',
    labels: ['code'],
  });

  constructor(
    private readonly store: HoldsStore,
    private readonly fees: FeesService,
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async hold(batch: Batch): Promise<void> {
    const arrivals = this.arrivals(batch);
    const refusals = await this.refusals(arrivals.filter(({ isLate }) => !isLate));
    const codes = new Map(refusals.map(({ arrival, code }) => [arrival, code]));
    const ended = refusals.filter((refusal) => this.endsHere(refusal));
    const endedHere = new Set(ended.map(({ arrival }) => arrival));
    const goOn = arrivals.filter((arrival) => !endedHere.has(arrival));
    this.remember(goOn);
    await this.messaging.producer.sendAll(
      goOn.map((arrival) => forwarded(arrival, codes.get(arrival))),
    );
    for (const { code } of refusals) this.refused.inc({ code });
    for (const refusal of ended) this.answerOnceCommitted(batch, refusal);
  }

  /** Answers the client of a record that goes to the dead letter. */
  endJourney(record: InboundRecord): void {
    const journey = decodeJourney(record.headers);
    if (journey) this.answer(journey, deadlineMs(journey, record.timestampMs), 'GW_500');
  }

  /** The messages of the batch, each once; what is malformed leaves the batch. */
  private arrivals(batch: Batch): Arrival[] {
    const nowMs = this.messaging.brokerClock.nowMs();
    const arrivals = new Map<string, Arrival>();
    for (const record of batch.records) {
      this.history.see(record.partition, record.offset, nowMs);
      const journey = decodeJourney(record.headers);
      if (!journey || record.key === null) {
        batch.reject(record, 'missing or malformed headers or key');
      } else if (!arrivals.has(journey.messageId)) {
        const deadline = deadlineMs(journey, record.timestampMs);
        const isLate = journey.isLate || nowMs > deadline;
        arrivals.set(journey.messageId, { record, journey, deadlineMs: deadline, isLate });
      }
    }
    return [...arrivals.values()];
  }

  /** A store that is there knows what was handed on, and refuses none of it. */
  private endsHere({ arrival: { journey, record }, code }: Refusal): boolean {
    if (journey.idempotencyHash !== undefined) return false;
    if (code !== 'BILL_002') return true;
    const isFirstHere = this.history.isFirstHere(record.partition, record.timestampMs);
    return isFirstHere && this.handedOn.get(journey.messageId) === undefined;
  }

  private remember(arrivals: readonly Arrival[]): void {
    const nowMs = this.messaging.brokerClock.nowMs();
    for (const { journey, deadlineMs: deadline } of arrivals) {
      this.handedOn.set(journey.messageId, true, answerExpiresAtMs(deadline) - nowMs, nowMs);
    }
  }

  private async refusals(arrivals: readonly Arrival[]): Promise<Refusal[]> {
    if (arrivals.length === 0) return [];
    const refused = await this.heldOrNull(arrivals);
    if (!refused) return arrivals.map((arrival) => ({ arrival, code: 'BILL_002' }));
    return refused.flatMap((index) => {
      const arrival = arrivals[index];
      return arrival ? [{ arrival, code: 'BILL_001' }] : [];
    });
  }

  /** Indexes of what the wallets do not cover; null when the store was gone for too long. */
  private async heldOrNull(arrivals: readonly Arrival[]): Promise<readonly number[] | null> {
    for (let attempt = 1; ; attempt += 1) {
      const startedMs = this.clock.nowMs();
      try {
        const refused = await this.attempt(arrivals, this.outage.attemptMs(startedMs), startedMs);
        this.outage.ended();
        return refused;
      } catch (error) {
        if (!(error instanceof StoreTimeoutError) && !isRetryableDatabaseError(error)) throw error;
        const pauseMs = this.outage.failed(this.clock.nowMs(), attempt, startedMs);
        if (pauseMs === null) {
          this.logger.error({ err: error, records: arrivals.length, attempt }, 'hold.store-gone');
          return null;
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /** One statement, given up when its time is over: also while it waits for a connection. */
  private async attempt(
    arrivals: readonly Arrival[],
    timeoutMs: number,
    nowMs: number,
  ): Promise<readonly number[]> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new StoreTimeoutError(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    try {
      return await Promise.race([this.held(arrivals, timeoutMs, nowMs), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async held(
    arrivals: readonly Arrival[],
    timeoutMs: number,
    nowMs: number,
  ): Promise<readonly number[]> {
    const worstCase = await this.fees.worstCase();
    const requests = arrivals.map(({ journey, deadlineMs: deadline }) => ({
      messageId: journey.messageId,
      orgId: journey.orgId,
      appId: journey.appId,
      amountMicroUsd: worstCase(journey, deadline),
      askAtMs: askAtMs(deadline),
    }));
    return this.store.hold(requests, this.fees.infrastructureMicroUsd, nowMs, timeoutMs);
  }

  /** A refusal is as final as a send: it is given only when the record cannot come again and be held after all. */
  private answerOnceCommitted(batch: Batch, { arrival, code }: Refusal): void {
    const { record, journey } = arrival;
    void batch.committed(record).then(() => {
      this.answer(journey, arrival.deadlineMs, code);
    });
  }

  private answer(journey: Journey, deadline: number, code: ErrorCode): void {
    const { messageId, replyPartition, rateState } = journey;
    this.messaging.replies.send(
      replyPartition,
      messageId,
      {
        kind: 'refused',
        from: 'billing',
        messageId,
        isReplayed: false,
        code,
        params: {},
        ...(rateState && { rateState }),
      },
      answerExpiresAtMs(deadline),
    );
  }
}

/** The record as it came, key and bytes; only the headers that billing has something to say about are set. */
function forwarded({ record, journey, isLate }: Arrival, refusal?: ErrorCode): OutboundRecord {
  const { key, value } = record;
  const headers = record.headers as Readonly<Record<string, Buffer | string>>;
  const changed = {
    ...(isLate && !journey.isLate && { 'x-flags': withLate(journey) }),
    ...(refusal !== undefined && { 'x-refusal': refusal }),
  };
  const isChanged = refusal !== undefined || isLate !== journey.isLate;
  return {
    topic: 'message.funded.v1',
    key: key ?? journey.appId,
    value,
    headers: isChanged ? { ...headers, ...changed } : headers,
  };
}

const withLate = ({ isFake, isMmlite }: Journey): string =>
  [isFake && 'fake', isMmlite && 'mmlite', 'late'].filter(Boolean).join(',');
