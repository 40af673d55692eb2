import type { Messaging } from '@gateway/messaging';
import {
  Sealer,
  openDatabase,
  uuidv7,
  watchDatabase,
  type Logger,
  type Random,
} from '@gateway/platform';
import type { DataSource } from 'typeorm';
import { AcceptService } from './accept.service';
import { ApplicationsService } from './applications.service';
import { ChangesService } from './changes.service';
import { ClaimsService } from './claims.service';
import { CommandsStore } from './commands.store';
import { CountsService } from './counts.service';
import { CountsStore } from './counts.store';
import { CustomerClient } from './customer.client';
import { DeliveriesStore } from './deliveries.store';
import { DeliveryCommandsService } from './delivery-commands.service';
import { DeliveryService } from './delivery.service';
import { DeliveryLanes } from './domain/delivery-lanes';
import { EndpointCommandsService } from './endpoint-commands.service';
import { EndpointSecrets } from './endpoint-secrets';
import { EndpointsService } from './endpoints.service';
import { EndpointsStore } from './endpoints.store';
import { EventsStore } from './events.store';
import { HealthService } from './health.service';
import { HousekeepingService } from './housekeeping.service';
import { HousekeepingStore } from './housekeeping.store';
import { JobsStore } from './jobs.store';
import { NoticesService, type NoticeSink } from './notices.service';
import { NoticesStore } from './notices.store';
import { ReplaysStore } from './replays.store';
import { ResultsService } from './results.service';
import type { WebhooksConfig } from './webhooks.config';
import { WEBHOOKS_DATABASE } from './webhooks.database';

/** What the service gets of its process. */
export interface WebhooksSurroundings {
  readonly messaging: Messaging;
  readonly logger: Logger;
  readonly random: Random;
  /** Milliseconds that never jump. */
  readonly monotonicMs: () => number;
  /** Brings notices to owners. */
  readonly noticeSink: NoticeSink;
}

/** Everything that the service consists of. */
export interface WebhooksParts {
  readonly dataSource: DataSource;
  readonly databaseWatch: ReturnType<typeof watchDatabase>;
  readonly applications: ApplicationsService;
  readonly endpoints: EndpointsService;
  readonly client: CustomerClient;
  readonly lanes: DeliveryLanes;
  readonly deliveries: DeliveryService;
  readonly jobs: JobsStore;
  readonly claims: ClaimsService;
  readonly accepts: AcceptService;
  readonly housekeeping: HousekeepingService;
  readonly endpointCommands: EndpointCommandsService;
  readonly deliveryCommands: DeliveryCommandsService;
  readonly counts: CountsService;
}

/** Deliveries that wait in this process, and their bytes. */
const QUEUED_MAX = 4_000;
const QUEUED_BYTES_MAX = 64 * 1024 * 1024;

/** Opens the database and puts the parts together, from the bottom up; nothing runs yet. */
export async function openWebhooks(
  config: WebhooksConfig,
  surroundings: WebhooksSurroundings,
): Promise<WebhooksParts> {
  const { messaging, logger } = surroundings;
  const dataSource = await openDatabase({
    url: config.databaseUrl,
    definition: WEBHOOKS_DATABASE,
    poolMax: config.databasePoolMax,
    service: 'webhooks',
  });
  const applications = new ApplicationsService(messaging, logger);
  const engine = engineOf(config, surroundings, dataSource);
  const accepts = new AcceptService({
    ...engine,
    ...surroundings,
    applications,
    store: new EventsStore(dataSource),
    nowMs: () => messaging.brokerClock.nowMs(),
  });
  return {
    dataSource,
    databaseWatch: watchDatabase(dataSource),
    applications,
    accepts,
    counts: new CountsService(new CountsStore(dataSource)),
    ...engine,
    housekeeping: housekeepingOf(config, surroundings, {
      ...engine,
      dataSource,
      applications,
      accepts,
    }),
    ...commandsOf(config, surroundings, { ...engine, dataSource }),
  };
}

/** What sends. */
function engineOf(
  config: WebhooksConfig,
  { messaging, logger, random, monotonicMs }: WebhooksSurroundings,
  dataSource: DataSource,
) {
  const secrets = new EndpointSecrets(
    new Sealer({ current: config.secretsKey, previous: config.secretsKeyPrevious }),
  );
  const bootId = uuidv7(Date.now(), random);
  const endpoint = {
    concurrencyMax: config.endpointConcurrencyMax,
    ratePerSecond: config.endpointRatePerSecond,
  };
  const store = new EndpointsStore(dataSource);
  const jobs = new JobsStore(dataSource);
  const endpoints = new EndpointsService(store, secrets, logger, monotonicMs);
  const health = new HealthService({ store, endpoints, random, monotonicMs, logger });
  const lanes = new DeliveryLanes({
    slotsMax: config.slotsMax,
    endpoint,
    queuedMax: QUEUED_MAX,
    queuedBytesMax: QUEUED_BYTES_MAX,
  });
  const client = new CustomerClient({
    allowLoopback: config.allowLoopback,
    allowCidrs: config.allowCidrs ?? [],
    ownPorts: [config.healthPort, ...(config.ownPorts ?? []).map(Number)],
  });
  const { timeoutMs, leaseMs } = config;
  const deliveries = new DeliveryService({
    lanes,
    endpoints,
    client,
    jobs,
    results: new ResultsService(jobs, logger, monotonicMs),
    health,
    timeoutMs,
    leaseMs,
    nowMs: () => messaging.brokerClock.nowMs(),
    monotonicMs,
    random: () => random.bytes(4).readUInt32BE() / 2 ** 32,
    logger,
  });
  const claims = new ClaimsService({
    jobs,
    lanes,
    deliveries,
    owner: bootId,
    leaseMs,
    random,
    monotonicMs,
    logger,
  });
  return { bootId, endpoint, secrets, jobs, endpoints, lanes, client, deliveries, claims };
}

type Engine = ReturnType<typeof engineOf>;

/** What runs by the clock. */
function housekeepingOf(
  config: WebhooksConfig,
  { logger, noticeSink }: WebhooksSurroundings,
  parts: Engine & {
    readonly dataSource: DataSource;
    readonly applications: ApplicationsService;
    readonly accepts: AcceptService;
  },
): HousekeepingService {
  const { dataSource } = parts;
  return new HousekeepingService({
    ...parts,
    store: new HousekeepingStore(dataSource),
    events: new EventsStore(dataSource),
    endpoints: new EndpointsStore(dataSource),
    replays: new ReplaysStore(dataSource),
    notices: new NoticesService(new NoticesStore(dataSource), noticeSink, logger),
    retentionDays: config.retentionDays,
    logger,
  });
}

/** What owners ask for. */
function commandsOf(
  config: WebhooksConfig,
  { messaging, random, monotonicMs }: WebhooksSurroundings,
  parts: Engine & { readonly dataSource: DataSource },
): Pick<WebhooksParts, 'endpointCommands' | 'deliveryCommands'> {
  const { dataSource } = parts;
  const nowMs = (): number => messaging.brokerClock.nowMs();
  const changes = new ChangesService(dataSource, new CommandsStore(), random, nowMs);
  const { timeoutMs, retentionDays } = config;
  return {
    endpointCommands: new EndpointCommandsService({
      ...parts,
      store: new EndpointsStore(dataSource),
      changes,
      random,
      timeoutMs,
      nowMs,
    }),
    deliveryCommands: new DeliveryCommandsService({
      ...parts,
      store: new DeliveriesStore(dataSource),
      replays: new ReplaysStore(dataSource),
      endpoints: new EndpointsStore(dataSource),
      changes,
      retentionDays,
      nowMs,
      monotonicMs,
    }),
  };
}
