import type { Messaging } from '@gateway/messaging';
import { Sealer, openDatabase, uuidv7, type Logger, type Random } from '@gateway/platform';
import type { DataSource } from 'typeorm';
import { AdmissionService } from './admission.service';
import { AnswersService } from './answers.service';
import { CallsService } from './calls.service';
import { ChannelsService } from './channels.service';
import { ClaimsService } from './claims.service';
import { CountsService } from './counts.service';
import { CountsStore } from './counts.store';
import type { DispatcherConfig } from './dispatcher.config';
import { DISPATCHER_DATABASE } from './dispatcher.database';
import { IdempotencyStore } from './idempotency.store';
import { Recipients } from './domain/recipients';
import { InstancesStore } from './instances.store';
import { LeaseService } from './lease.service';
import { ListingsService } from './listings.service';
import { ListingsStore } from './listings.store';
import { MessagesService } from './messages.service';
import { MessagesStore } from './messages.store';
import { MetaClient } from './meta.client';
import { OutcomesService } from './outcomes.service';
import { PermitsService } from './permits.service';
import { RecoveryService } from './recovery.service';
import { RedeliveryService } from './redelivery.service';
import { RefusalsService } from './refusals.service';
import { RepeatsService } from './repeats.service';
import { SendService } from './send.service';
import { StatusesService } from './statuses.service';
import { StatusesStore } from './statuses.store';

/** What the dispatcher gets of its process. */
export interface DispatcherSurroundings {
  readonly messaging: Messaging;
  readonly logger: Logger;
  readonly random: Random;
  /** Milliseconds that never jump and run on while the process is stopped. */
  readonly monotonicMs: () => number;
}

/** Everything that the dispatcher consists of. */
export interface DispatcherParts {
  readonly dataSource: DataSource;
  readonly lease: LeaseService;
  readonly channels: ChannelsService;
  readonly recovery: RecoveryService;
  readonly meta: MetaClient;
  readonly redelivery: RedeliveryService;
  readonly sends: SendService;
  readonly messages: MessagesService;
  readonly listings: ListingsService;
  readonly counts: CountsService;
  readonly statuses: StatusesService;
}

/** A message waits this long at most for its number; then its caller hears of it. */
const PERMIT_WAIT_MS_MAX = 1_000;

/** Opens the database and puts the parts together, from the bottom up; nothing runs yet. */
export async function openDispatcher(
  config: DispatcherConfig,
  surroundings: DispatcherSurroundings,
): Promise<DispatcherParts> {
  const { messaging, logger, random } = surroundings;
  const { brokerClock } = messaging;
  const process = { brokerClock, logger };
  const dataSource = await openDatabase({
    url: config.databaseUrl,
    definition: DISPATCHER_DATABASE,
    poolMax: config.databasePoolMax,
    service: 'dispatcher',
  });
  const { store, timelines, keys, instances, pages } = storesOf(dataSource, recipientsOf(config));
  const answers = new AnswersService(messaging, logger);
  const lease: LeaseService = new LeaseService(instances, {
    bootId: uuidv7(Date.now(), random),
    leaseMs: config.leaseMs,
    monotonicMs: surroundings.monotonicMs,
    nowMs: () => brokerClock.nowMs(),
    openSinceMs: () => sends.openSinceMs,
    logger,
  });
  const { channels, meta, permits } = boundaries(config, surroundings);
  const redelivery = new RedeliveryService(store, lease, brokerClock);
  const sends = new SendService(
    {
      admission: new AdmissionService(channels, permits, lease, brokerClock),
      permits,
      claims: new ClaimsService(store, lease, brokerClock, logger),
      calls: new CallsService(meta, lease, timingOf(config, surroundings)),
      outcomes: new OutcomesService(store, lease, brokerClock, logger),
      answers,
      redelivery,
      repeats: new RepeatsService(keys, redelivery, brokerClock),
      refusals: new RefusalsService(store, lease, answers, brokerClock, logger),
    },
    lease,
    brokerClock,
    logger,
  );
  const messages = new MessagesService(store, redelivery, answers, lease, brokerClock);
  return {
    dataSource,
    lease,
    channels,
    meta,
    redelivery,
    sends,
    recovery: new RecoveryService({ instances, messages: store, keys }, lease, answers, process),
    messages,
    listings: new ListingsService({ listings: pages, statuses: timelines }, messages, channels),
    counts: new CountsService(new CountsStore(dataSource), logger),
    statuses: new StatusesService(timelines, messaging, logger),
  };
}

const timingOf = (
  { metaTimeoutMs }: DispatcherConfig,
  { messaging, monotonicMs }: DispatcherSurroundings,
) => ({ timeoutMs: metaTimeoutMs, brokerClock: messaging.brokerClock, monotonicMs });

const recipientsOf = (config: DispatcherConfig): Recipients =>
  new Recipients({
    current: config.tenancySealingKey,
    previous: config.tenancySealingKeyPrevious,
  });

const storesOf = (dataSource: DataSource, recipients: Recipients) => ({
  store: new MessagesStore(dataSource, recipients),
  pages: new ListingsStore(dataSource, recipients),
  timelines: new StatusesStore(dataSource),
  keys: new IdempotencyStore(dataSource),
  instances: new InstancesStore(dataSource),
});

/** What looks outside: Meta, the applications, and who may call when. */
function boundaries(
  config: DispatcherConfig,
  { messaging, logger }: DispatcherSurroundings,
): { meta: MetaClient; channels: ChannelsService; permits: PermitsService } {
  const sealer = new Sealer({
    current: config.tenancySealingKey,
    previous: config.tenancySealingKeyPrevious,
  });
  return {
    channels: new ChannelsService({ messaging, sealer, logger }),
    meta: new MetaClient({
      baseUrl: config.metaBaseUrl,
      apiVersion: config.metaApiVersion,
      connectTimeoutMs: config.metaConnectTimeoutMs,
    }),
    permits: new PermitsService({
      lane: {
        ratePerSecond: config.numberRatePerSecond,
        callsMax: config.numberCallsMax,
        waitMsMax: PERMIT_WAIT_MS_MAX,
      },
      callsMax: config.callsMax,
      appInFlightMax: config.appInFlightMax,
      brokerClock: messaging.brokerClock,
    }),
  };
}
