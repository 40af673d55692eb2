import { decodeJourney, encodeRateState, type Journey, type RateState } from '@gateway/contracts';
import {
  MESSAGING,
  type Batch,
  type InboundRecord,
  type Messaging,
  type OutboundRecord,
} from '@gateway/messaging';
import { metrics } from '@gateway/platform';
import { Inject, Injectable } from '@nestjs/common';
import { retryAfterText, type LimitType, type Verdict } from './domain/verdict';
import { LIMITS_STORE, type LimitRequest, type LimitsStore } from './limits.store';

/** A message of the batch that is being worked on. */
interface Arrival extends LimitRequest {
  readonly record: InboundRecord;
  readonly journey: Journey;
  /** Past its deadline: only the dispatcher may judge what that means, so it is neither counted nor refused. */
  readonly isLate: boolean;
}

/** The edge waits so much longer than the message may live. */
const ANSWER_AFTER_DEADLINE_MS = 11_000;

/** Admits messages that the limits of their key allow and hands them on; the others end here with RATE_001. */
@Injectable()
export class AdmissionService {
  private readonly decisions = metrics.counter({
    name: 'gw_rate_decisions_total',
    help: 'Messages that the limiter decided: admitted, refused by sec, min or day, or late and passed on.',
    labels: ['decision'],
  });

  constructor(
    @Inject(LIMITS_STORE) private readonly limits: LimitsStore,
    @Inject(MESSAGING) private readonly messaging: Messaging,
  ) {}

  async admit(batch: Batch): Promise<void> {
    const arrivals = this.arrivals(batch);
    const verdicts = await this.verdictsOf(arrivals);
    const forwarded: OutboundRecord[] = [];
    const refused: { readonly arrival: Arrival; readonly verdict: Verdict }[] = [];
    arrivals.forEach((arrival, index) => {
      const verdict = verdicts[index] ?? null;
      const refusedBy = verdict?.refusedBy;
      if (!verdict || !refusedBy) {
        forwarded.push(forward(arrival, verdict));
      } else if (verdict.isShared) {
        this.refuse(arrival, verdict, refusedBy);
      } else {
        refused.push({ arrival, verdict });
      }
    });
    if (forwarded.length > 0) await this.messaging.producer.sendAll(forwarded);
    for (const { arrival, verdict } of refused) this.refuseOnceCommitted(batch, arrival, verdict);
    this.count(verdicts);
  }

  /** Answers the client of a record that goes to the dead letter. */
  endJourney(record: InboundRecord): void {
    const journey = decodeJourney(record.headers);
    if (!journey) return;
    const { messageId, replyPartition } = journey;
    this.messaging.replies.send(
      replyPartition,
      messageId,
      {
        kind: 'refused',
        from: 'rate-limiter',
        messageId,
        isReplayed: false,
        code: 'GW_500',
        params: {},
      },
      answerExpiresAtMs(record, journey),
    );
  }

  /** The messages of the batch; what is malformed leaves it. */
  private arrivals(batch: Batch): Arrival[] {
    const nowMs = this.messaging.brokerClock.nowMs();
    const arrivals: Arrival[] = [];
    for (const record of batch.records) {
      const journey = decodeJourney(record.headers);
      if (!journey || record.key === null) {
        batch.reject(record, 'missing or malformed headers or key');
      } else if (record.value === null || record.value.length === 0) {
        batch.reject(record, 'no body');
      } else {
        const isLate = journey.isLate || nowMs >= record.timestampMs + journey.ttlMs;
        arrivals.push({ record, journey, isLate, submittedAtMs: record.timestampMs });
      }
    }
    return arrivals;
  }

  /** Null for a late message. */
  private async verdictsOf(arrivals: readonly Arrival[]): Promise<readonly (Verdict | null)[]> {
    const counted = arrivals.filter(({ isLate }) => !isLate);
    const verdicts = counted.length === 0 ? [] : await this.limits.decide(counted);
    if (counted.length === arrivals.length) return verdicts;
    let next = 0;
    return arrivals.map(({ isLate }) => (isLate ? null : (verdicts[next++] ?? null)));
  }

  /**
   * A refusal is as final as a send. A verdict that only this process knows is given when the record cannot come again
   * and be admitted by the next one.
   */
  private refuseOnceCommitted(batch: Batch, arrival: Arrival, verdict: Verdict): void {
    const { refusedBy } = verdict;
    if (refusedBy === null) return;
    void batch.committed(arrival.record).then(() => {
      this.refuse(arrival, verdict, refusedBy);
    });
  }

  private refuse({ record, journey }: Arrival, verdict: Verdict, refusedBy: LimitType): void {
    const { messageId, replyPartition } = journey;
    this.messaging.replies.send(
      replyPartition,
      messageId,
      {
        kind: 'refused',
        from: 'rate-limiter',
        messageId,
        isReplayed: false,
        rateState: rateStateOf(journey, verdict),
        code: 'RATE_001',
        params: {
          limit_type: refusedBy,
          retry_after: retryAfterText(refusedBy, verdict.retryAfterSeconds),
        },
        retryAfterSeconds: verdict.retryAfterSeconds,
      },
      answerExpiresAtMs(record, journey),
    );
  }

  private count(verdicts: readonly (Verdict | null)[]): void {
    const counts = { admitted: 0, late: 0, sec: 0, min: 0, day: 0 };
    for (const verdict of verdicts) {
      counts[verdict === null ? 'late' : (verdict.refusedBy ?? 'admitted')] += 1;
    }
    for (const [decision, count] of Object.entries(counts)) {
      if (count > 0) this.decisions.inc({ decision }, count);
    }
  }
}

/** The record as it came, key and bytes; only the headers that the limiter has something to say about are set. */
function forward({ record, journey, isLate }: Arrival, verdict: Verdict | null): OutboundRecord {
  // Not spread: V8 gives each object that is spread and added to a shape of its own, which every later stage pays for.
  const headers = Object.assign({}, record.headers) as Record<string, string | Buffer>;
  headers['x-submitted-at'] = String(record.timestampMs);
  if (verdict) headers['x-rate-state'] = encodeRateState(rateStateOf(journey, verdict));
  if (isLate) headers['x-flags'] = lateFlags(journey);
  return {
    topic: 'message.admitted.v1',
    key: record.key ?? journey.appId,
    value: record.value,
    headers,
  };
}

const rateStateOf = ({ limits }: Journey, verdict: Verdict): RateState => ({
  secLimit: limits.perSecond,
  secRemaining: verdict.secRemaining,
  minLimit: limits.perMinute,
  minRemaining: verdict.minRemaining,
});

const lateFlags = ({ isFake, isMmlite }: Journey): string =>
  [isFake && 'fake', isMmlite && 'mmlite', 'late'].filter(Boolean).join(',');

const answerExpiresAtMs = (record: InboundRecord, journey: Journey): number =>
  record.timestampMs + journey.ttlMs + ANSWER_AFTER_DEADLINE_MS;
