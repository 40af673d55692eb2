import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import {
  encodeJourney,
  type Journey,
  type KeyContext,
  type RateState,
  type Reply,
} from '@gateway/contracts';
import type { ErrorCode, ErrorParams } from '@gateway/errors';
import {
  MESSAGING,
  ProduceExpiredError,
  type Acknowledgement,
  type Messaging,
  type OutboundRecord,
} from '@gateway/messaging';
import {
  CLOCK,
  LOGGER,
  RANDOM,
  countryOfNumber,
  sha256Hex,
  uuidv7,
  type Clock,
  type Logger,
  type Random,
} from '@gateway/platform';
import type { Caller } from './domain/admission';
import { Breaker } from './domain/breaker';
import { InFlight, type Waiting } from './domain/in-flight';
import { publicMessageId } from './domain/message-id';
import type { SendRequest } from './domain/send-request';
import { EDGE_CONFIG, type EdgeConfig } from './edge.config';
import { edgeMetrics } from './edge-metrics';

/** How a send ended, as the caller will hear it. */
export type SendOutcome =
  | {
      readonly kind: 'accepted';
      readonly messageId: string;
      readonly rateState?: RateState;
      readonly isReplayed: boolean;
      /** Meta's answer, JSON. */
      readonly data: Buffer | string;
    }
  | {
      readonly kind: 'refused';
      /** Absent when the message never got as far as having an id. */
      readonly messageId?: string;
      readonly rateState?: RateState;
      readonly isReplayed: boolean;
      readonly code: ErrorCode;
      readonly params: ErrorParams;
      readonly retryAfterSeconds?: number;
    };

interface WaitingSend extends Waiting {
  readonly record: OutboundRecord;
  readonly resolve: (outcome: SendOutcome) => void;
  stopListening: () => void;
}

const SWEEP_INTERVAL_MS = 50;
/** A produce is repeated this long at most. */
const PRODUCE_TIMEOUT_MS = 10_000;
/** Meta's answer is awaited 10 s; one more, so that META_005 comes before GW_010. */
const OUTCOME_MARGIN_MS = 11_000;
/** What has not left the local queue so long after the request is taken back: its refusal comes within 2 s. */
const TAKE_BACK_AFTER_MS = 1_800;
/** A process that stood still so long has not yet read the replies that came meanwhile. */
const STALL_MS = 1_000;
const STALL_GRACE_MS = 500;
const OVERLOADED: SendOutcome = {
  kind: 'refused',
  isReplayed: false,
  code: 'GW_008',
  params: {},
  retryAfterSeconds: 1,
};

/**
 * The edge's part of a message's journey: hands it to the path and waits for whoever ends it. GW_008 is said only of
 * what was never handed to a produce request; everything else ends with its outcome or, when none came in time, GW_010
 * (`design.md` section 2, Time and Back-pressure).
 */
@Injectable()
export class SubmissionsService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly inFlight: InFlight<WaitingSend>;
  private readonly breakers = new Map<number, Breaker>();
  private timer: NodeJS.Timeout | undefined;
  private sweptAtMs: number;
  private graceUntilMs = -Infinity;

  constructor(
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(EDGE_CONFIG) private readonly config: EdgeConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM) private readonly random: Random,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.inFlight = new InFlight({
      perAppMax: config.inFlightPerAppMax,
      totalMax: config.inFlightMax,
    });
    this.sweptAtMs = clock.nowMs();
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweep();
    }, SWEEP_INTERVAL_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Sends a well-formed message of a caller who may send it; never rejects. */
  submit(
    { key, lookupMs = 0 }: Pick<Caller, 'key' | 'lookupMs'>,
    request: SendRequest,
    traceparent?: string,
  ): Promise<SendOutcome> {
    const nowMs = this.clock.nowMs();
    const { appId, orgId, keyId } = key;
    const partition = this.messaging.partitionOf(appId);
    if (!this.inFlight.hasRoom(appId) || !this.breakerOf(partition).admits(nowMs)) {
      return Promise.resolve(OVERLOADED);
    }
    const messageId = uuidv7(nowMs, this.random);
    const { facts, flags, idempotencyKey } = request;
    const record: OutboundRecord = {
      topic: 'message.submitted.v1',
      key: appId,
      value: request.body,
      headers: encodeJourney({
        messageId,
        replyPartition: this.messaging.replies.partition,
        ttlMs: this.config.messageTtlMs,
        appId,
        orgId,
        keyId,
        type: facts.type,
        isFake: flags.isFake,
        isMmlite: flags.isMmlite,
        isLate: false,
        limits: limitsOf(key),
        idempotencyHash: idempotencyKey === undefined ? undefined : sha256Hex(idempotencyKey),
        traceparent,
        market:
          facts.recipient === null ? undefined : (countryOfNumber(facts.recipient) ?? undefined),
      }),
    };
    return new Promise((resolve) => {
      const takeBackAtMs = nowMs + TAKE_BACK_AFTER_MS - lookupMs;
      this.start({
        messageId,
        appId,
        partition,
        startedAtMs: nowMs,
        takeBackAtMs,
        expiresAtMs: Infinity,
        record,
        resolve,
        stopListening: () => undefined,
      });
    });
  }

  private start(waiting: WaitingSend): void {
    this.inFlight.add(waiting);
    // Before the record leaves: the answer may be there before its acknowledgement.
    waiting.stopListening = this.messaging.replies.listen(waiting.messageId, (reply) => {
      this.take(waiting, reply);
    });
    const deadlineMs = waiting.startedAtMs + PRODUCE_TIMEOUT_MS;
    this.messaging.producer.send(waiting.record, { deadlineMs }).then(
      (acknowledgement) => {
        this.acknowledged(waiting, acknowledgement);
      },
      (error: unknown) => {
        this.notAcknowledged(waiting, error);
      },
    );
  }

  /** Looks at everything that waits; called by one timer, whatever the number of messages. */
  sweep(): void {
    const nowMs = this.clock.nowMs();
    if (nowMs - this.sweptAtMs > STALL_MS) this.graceUntilMs = nowMs + STALL_GRACE_MS;
    this.sweptAtMs = nowMs;
    for (const waiting of this.inFlight.queuedTooLong(nowMs)) {
      if (this.messaging.producer.takeBack(waiting.record)) this.settle(waiting, OVERLOADED);
      else this.inFlight.handOver(waiting);
    }
    edgeMetrics.inFlight.set(this.inFlight.size);
    if (nowMs < this.graceUntilMs) return;
    for (const waiting of this.inFlight.expired(nowMs)) this.giveUp(waiting);
    // Should a produce ever neither succeed nor fail, its caller still hears something.
    const lifetimeMs = PRODUCE_TIMEOUT_MS + this.config.messageTtlMs + OUTCOME_MARGIN_MS + STALL_MS;
    for (const waiting of this.inFlight.startedBefore(nowMs - lifetimeMs)) this.giveUp(waiting);
    this.observeBreakers(nowMs);
  }

  private observeBreakers(nowMs: number): void {
    let openCount = 0;
    for (const [partition, breaker] of this.breakers) {
      if (breaker.observe(nowMs, this.inFlight.oldestSilentSinceMs(partition))) {
        this.logger.warn({ partition }, 'breaker.opened');
      }
      if (breaker.isOpen) openCount++;
    }
    edgeMetrics.breakersOpen.set(openCount);
  }

  private acknowledged(waiting: WaitingSend, { timestampMs }: Acknowledgement): void {
    if (!this.inFlight.has(waiting)) return;
    const stampMs = timestampMs - this.messaging.brokerClock.offsetMs;
    this.inFlight.awaitOutcome(waiting, stampMs + this.config.messageTtlMs + OUTCOME_MARGIN_MS);
  }

  private notAcknowledged(waiting: WaitingSend, error: unknown): void {
    if (!this.inFlight.has(waiting)) return;
    if (error instanceof ProduceExpiredError && !error.wasHandedOver) {
      this.settle(waiting, OVERLOADED);
      return;
    }
    const { messageId, appId, partition } = waiting;
    this.logger.warn({ err: error, messageId, appId, partition }, 'message.not-acknowledged');
    const gaveUpAtMs = this.clock.nowMs();
    this.inFlight.awaitOutcome(waiting, gaveUpAtMs + this.config.messageTtlMs + OUTCOME_MARGIN_MS);
  }

  private take(waiting: WaitingSend, reply: Reply): void {
    const breaker = this.breakerOf(waiting.partition);
    if (reply.from === 'dispatcher') {
      if (breaker.isOpen) this.logger.info({ partition: waiting.partition }, 'breaker.closed');
      breaker.dispatcherReplied(this.clock.nowMs());
    }
    if (reply.kind === 'running') this.inFlight.reportedRunning(waiting);
    if (reply.kind === 'accepted' || reply.kind === 'refused') this.settle(waiting, reply);
  }

  private giveUp(waiting: WaitingSend): void {
    const { messageId, appId, partition } = waiting;
    this.logger.warn({ messageId, appId, partition }, 'message.no-outcome');
    this.settle(waiting, {
      kind: 'refused',
      messageId,
      isReplayed: false,
      code: 'GW_010',
      params: { message_id: publicMessageId(messageId) },
    });
  }

  private settle(waiting: WaitingSend, outcome: SendOutcome): void {
    waiting.stopListening();
    this.inFlight.remove(waiting);
    edgeMetrics.sendSeconds.observe((this.clock.nowMs() - waiting.startedAtMs) / 1_000);
    waiting.resolve(outcome);
  }

  private breakerOf(partition: number): Breaker {
    let breaker = this.breakers.get(partition);
    if (!breaker) {
      breaker = new Breaker();
      this.breakers.set(partition, breaker);
    }
    return breaker;
  }
}

const limitsOf = ({
  limitPerSecond,
  limitPerMinute,
  dailyLimit,
}: KeyContext): Journey['limits'] => ({
  perSecond: limitPerSecond,
  perMinute: limitPerMinute,
  perDay: dailyLimit ?? undefined,
});
