import type { Batch, HandledTopic, Messaging } from '@gateway/messaging';
import { createLogger, uuidv7, type Clock, type Random } from '@gateway/platform';
import type { BillingSettings } from '../../apps/billing/src/billing.config';
import { FeesService } from '../../apps/billing/src/fees.service';
import { HoldConsumer } from '../../apps/billing/src/hold.consumer';
import { HoldReconcilerService } from '../../apps/billing/src/hold-reconciler.service';
import { HoldService } from '../../apps/billing/src/hold.service';
import type { HoldsStore } from '../../apps/billing/src/holds.store';
import { RateCardsService } from '../../apps/billing/src/rate-cards.service';
import type { RateCardsStore } from '../../apps/billing/src/rate-cards.store';
import { SettleConsumer } from '../../apps/billing/src/settle.consumer';
import { SettleService } from '../../apps/billing/src/settle.service';
import { AdmissionService as DispatcherAdmission } from '../../apps/dispatcher/src/admission.service';
import { AnswersService } from '../../apps/dispatcher/src/answers.service';
import { CallsService } from '../../apps/dispatcher/src/calls.service';
import { ChannelsService, type ChannelAnswer } from '../../apps/dispatcher/src/channels.service';
import { ClaimsService } from '../../apps/dispatcher/src/claims.service';
import { LeaseService } from '../../apps/dispatcher/src/lease.service';
import { MessagesService } from '../../apps/dispatcher/src/messages.service';
import type { MetaClient } from '../../apps/dispatcher/src/meta.client';
import { OutcomesService } from '../../apps/dispatcher/src/outcomes.service';
import type { OutgoingMessage } from '../../apps/dispatcher/src/outgoing-message';
import { PermitsService } from '../../apps/dispatcher/src/permits.service';
import { RecoveryService } from '../../apps/dispatcher/src/recovery.service';
import { RedeliveryService } from '../../apps/dispatcher/src/redelivery.service';
import { RefusalsService } from '../../apps/dispatcher/src/refusals.service';
import { RepeatsService } from '../../apps/dispatcher/src/repeats.service';
import { SendConsumer } from '../../apps/dispatcher/src/send.consumer';
import { SendService } from '../../apps/dispatcher/src/send.service';
import { AdmissionConsumer } from '../../apps/rate-limiter/src/admission.consumer';
import { AdmissionService } from '../../apps/rate-limiter/src/admission.service';
import { MemoryLimitsStore } from '../../apps/rate-limiter/src/memory-limits.store';
import type { SimInstances, SimKeys, SimMessages } from './sim-dispatcher-stores';
import type { SimProcess } from './sim-process';

const META_TIMEOUT_MS = 2_000;

const LEASE_MS = 3_000;
const SETTINGS: BillingSettings = {
  feeMicroUsd: 1_000n,
  defaultMetaFeeMicroUsd: 3_000n,
  signupCreditMicroUsd: 0n,
  paymentProvider: 'none',
};
const CALLS = {
  lane: { ratePerSecond: 1_000, callsMax: 100, waitMsMax: 1_000 },
  callsMax: 100,
  appInFlightMax: 100,
};
const BOUNDS = { concurrency: 2, recordsMax: 500, inFlightMax: 4_000 };

const logger = createLogger({ service: 'simulation', level: 'silent' });

/** A handler of the product, as the transports take it from the decorators. */
const handled = (
  topic: HandledTopic['topic'],
  group: HandledTopic['options']['group'],
  handle: (batch: Batch) => Promise<void>,
): HandledTopic => ({ topic, options: { group, ...BOUNDS }, handle });

export function rateLimiter(messaging: Messaging, clock: Clock): HandledTopic[] {
  const store = new MemoryLimitsStore(clock, clock.nowMs(), clock);
  const consumer = new AdmissionConsumer(new AdmissionService(store, messaging));
  return [handled('message.submitted.v1', 'rate-limiter', (batch) => consumer.admit(batch))];
}

export interface BillingStores {
  readonly holds: HoldsStore;
  readonly rateCards: RateCardsStore;
}

export function billing(
  process: SimProcess,
  messaging: Messaging,
  { holds, rateCards }: BillingStores,
  clock: Clock,
): HandledTopic[] {
  const fees = new FeesService(SETTINGS, new RateCardsService(rateCards, SETTINGS, clock, logger));
  const hold = new HoldConsumer(new HoldService(holds, fees, messaging, clock, logger));
  const settle = new SettleConsumer(new SettleService(holds, SETTINGS, clock));
  const reconciler = new HoldReconcilerService(holds, messaging, SETTINGS, clock, logger);
  reconciler.onApplicationBootstrap();
  process.atDeath(() => void reconciler.onApplicationShutdown());
  return [
    handled('message.admitted.v1', 'billing-hold', (batch) => hold.hold(batch)),
    handled('message.settled.v1', 'billing-settle', (batch) => settle.settle(batch)),
  ];
}

/** Every application has a channel; what it is fed by is another part of the system. */
class SimChannels extends ChannelsService {
  override of(): ChannelAnswer {
    return { kind: 'channel', channel: { phoneNumberId: '1', headers: [] } };
  }
}

/** Tells of each refusal that is final without a row, as the store is gone. */
class SimRefusals extends RefusalsService {
  onRefused: (messageId: string) => void = () => undefined;

  override refuse(message: OutgoingMessage): Promise<void> {
    this.onRefused(message.messageId);
    return super.refuse(message);
  }
}

export interface DispatcherStores {
  readonly messages: SimMessages;
  readonly instances: SimInstances;
  readonly keys: SimKeys;
  readonly meta: MetaClient;
  /** Called with each message that is refused while the store is gone. */
  readonly onRefused: (messageId: string) => void;
}

export interface SimDispatcher {
  readonly handled: HandledTopic[];
  readonly messages: MessagesService;
  /** Registers the lease; what comes before it waits. */
  start(): Promise<void>;
}

/** As `openDispatcher` puts it together. */
export function dispatcher(
  process: SimProcess,
  messaging: Messaging,
  { messages, instances, keys, meta, onRefused }: DispatcherStores,
  random: Random,
): SimDispatcher {
  const { brokerClock } = messaging;
  const monotonicMs = (): number => process.world.time.nowMs();
  const answers = new AnswersService(messaging, logger);
  const lease: LeaseService = new LeaseService(instances, {
    bootId: uuidv7(monotonicMs(), random),
    leaseMs: LEASE_MS,
    monotonicMs,
    nowMs: monotonicMs,
    openSinceMs: () => sends.openSinceMs,
    logger,
  });
  const permits = new PermitsService({ ...CALLS, brokerClock });
  const channels = new SimChannels({ messaging, sealer: undefined as never, logger });
  const redelivery = new RedeliveryService(messages, lease, brokerClock);
  const refusals = new SimRefusals(messages, lease, answers, brokerClock, logger);
  refusals.onRefused = onRefused;
  const steps = {
    admission: new DispatcherAdmission(channels, permits, lease, brokerClock),
    permits,
    claims: new ClaimsService(messages, lease, brokerClock, logger),
    calls: new CallsService(meta, lease, {
      timeoutMs: META_TIMEOUT_MS,
      brokerClock,
      monotonicMs,
    }),
    outcomes: new OutcomesService(messages, lease, brokerClock, logger),
    answers,
    redelivery,
    repeats: new RepeatsService(keys, redelivery, brokerClock),
    refusals,
  };
  const sends = new SendService(steps, lease, brokerClock, logger);
  const recovery = new RecoveryService({ instances, messages, keys }, lease, answers, {
    brokerClock,
    logger,
  });
  process.atDeath(() => {
    lease.abandon();
    recovery.stop();
    sends.stop();
  });
  const consumer = new SendConsumer(sends);
  return {
    handled: [handled('message.funded.v1', 'dispatcher-send', (batch) => consumer.send(batch))],
    messages: new MessagesService(messages, redelivery, answers, lease, brokerClock),
    start: async () => {
      await lease.start();
      recovery.start();
    },
  };
}
