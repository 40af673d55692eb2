import { SERVICES, type ServiceName } from '@gateway/contracts';
import { createTopics, kafkaConfig, KAFKA_VARIABLES } from '@gateway/messaging';
import {
  createLogger,
  freePort,
  loadConfig,
  processEnvironment,
  type Environment,
} from '@gateway/platform';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { embeddedEnvironment } from '../../apps/standalone/src/embedded-environment';
import { startEmbeddedParts, type RunningParts } from '../../apps/standalone/src/embedded-parts';
import { Installation } from '../../apps/standalone/src/installation';
import { STANDALONE_VARIABLES } from '../../apps/standalone/src/standalone.config';
import { ServiceProcess } from '../cluster/service-process';
import { KafkaBroker } from '../kafka/kafka-broker';
import { Customers } from './customers';
import { PROXIED, Network, type Far } from './network';
import { plantedMain, type PlantedBug } from './planted-bugs';
import { seeded, type Seeded } from './seeded';
import { PostgresServer, RedisServer, signal } from './stores';

const READY_TIMEOUT_MS = 120_000;
const CALLS_TO_META_MS = 5_000;
/** A delivery that died with its instance comes again after it; twice the time that a customer's answer is awaited. */
const WEBHOOK_LEASE_MS = 10_000;
/** An edge that is to stop serves on for so long, while its clients see that it is not ready. */
const EDGE_DRAIN_MS = 1_000;
const READY_POLL_MS = 100;

interface WorldOptions {
  readonly dataDir: string;
  readonly seed: number;
}

interface WorldParts {
  readonly installation: Installation;
  /** Port of the first edge, which Meta's webhooks go to. */
  readonly edgePort: number;
  readonly parts: RunningParts;
  readonly kafka: KafkaBroker;
  readonly postgres: PostgresServer;
  /** Null where no `redis-server` is installed. */
  readonly redis: RedisServer | null;
  readonly network: Network;
  readonly customers: Customers;
}

/** One process of a service, and what it was started with. */
interface Member {
  readonly process: ServiceProcess;
  readonly httpUrl: string;
}

/**
 * Everything that is real: a process for each service, Apache Kafka, Postgres, Redis, the Meta simulator; a proxy of the
 * harness' own on every connection between them.
 */
export class World {
  private readonly members = new Map<ServiceName, Member[]>();
  private readonly seed: Seeded;
  private readonly readyEdges = new Set<string>();
  private watch: NodeJS.Timeout | undefined;

  private constructor(
    private readonly made: WorldParts,
    /** The owner's: the harness looks at every schema. */
    public database: Client,
    seed: number,
  ) {
    this.seed = seeded(seed);
  }

  get customers(): Customers {
    return this.made.customers;
  }

  get dataDir(): string {
    return this.made.installation.dataDir;
  }

  get kafka(): KafkaBroker {
    return this.made.kafka;
  }

  get postgres(): PostgresServer {
    return this.made.postgres;
  }

  get redis(): RedisServer | null {
    return this.made.redis;
  }

  get network(): Network {
    return this.made.network;
  }

  static async start({ dataDir, seed }: WorldOptions): Promise<World> {
    mkdirSync(dataDir, { recursive: true, mode: 0o755 });
    const installation = Installation.open(dataDir);
    const network = await Network.open(seeded(seed ^ 0x5f5f));
    const [postgres, redis] = await Promise.all([
      PostgresServer.start(join(dataDir, 'postgres')),
      RedisServer.start(),
    ]);
    const kafka = await KafkaBroker.start({
      dataDir: join(dataDir, 'kafka'),
      proxiedListeners: network.kafkaListeners(),
    });
    const edgePort = await freePort();
    const customers = await Customers.listen();
    const parts = await startEmbeddedParts(
      {
        ...loadConfig(STANDALONE_VARIABLES, {}),
        databaseUrl: postgres.url,
        simulatorPort: await freePort(),
        // Meta's webhooks go to the first edge.
        httpPort: edgePort,
      },
      installation,
    );
    network.aim({
      postgres: postgres.port,
      redis: redis?.port,
      meta: Number(new URL(parts.metaBaseUrl).port),
      customers: customers.port,
    });
    const made = { installation, edgePort, parts, kafka, postgres, redis, network, customers };
    const world = new World(made, await connected(postgres.url), seed);
    await world.startServices();
    return world;
  }

  /** Where a client that watches readiness sends; all of them when none is ready. */
  get urls(): readonly string[] {
    const edges = this.members.get('edge') ?? [];
    const ready = edges.filter(({ process: running }) => this.readyEdges.has(running.healthUrl));
    return (ready.length > 0 ? ready : edges).map(({ httpUrl }) => httpUrl);
  }

  /** Of an application's customer, by the proxy between. */
  customerUrl(appId: string): string {
    return `http://127.0.0.1:${this.between('webhooks', 'customers').port}/${appId}`;
  }

  get simulatorUrl(): string {
    return this.made.parts.simulatorUrl ?? '';
  }

  get logDir(): string {
    return join(this.dataDir, 'logs');
  }

  random(): number {
    return this.seed();
  }

  processes(service?: ServiceName): readonly ServiceProcess[] {
    const services = service === undefined ? SERVICES : [service];
    return services.flatMap((each) =>
      (this.members.get(each) ?? []).map(({ process: running }) => running),
    );
  }

  /** Sends a signal to one process of a service; its supervisor starts it again when it ends by it. */
  signal(service: ServiceName, name: NodeJS.Signals, ordinal = 0): void {
    const pid = this.processes(service)[ordinal]?.pid;
    if (pid === undefined) throw new Error(`${service}-${ordinal} does not run`);
    signal(pid, name);
  }

  /** Starts one more process of a service and waits until it takes part. */
  async add(service: ServiceName, environment: Environment = {}): Promise<void> {
    const ordinal = this.processes(service).length;
    const member = await this.memberOf(service, { ordinal, environment });
    this.members.get(service)?.push(member);
    member.process.start();
    await member.process.ready(READY_TIMEOUT_MS);
  }

  /** Stops the processes that `add` started. */
  async removeAdded(): Promise<void> {
    for (const list of this.members.values()) {
      await Promise.all(list.splice(1).map(({ process: running }) => running.stop()));
    }
  }

  /** Replaces the only process of a service by one with another environment or with a planted bug. */
  async replace(
    service: ServiceName,
    change: {
      readonly bug?: PlantedBug;
      readonly environment?: Environment;
      /** False for one that is not meant to become ready. */
      readonly isAwaited?: boolean;
    },
  ): Promise<void> {
    const list = this.members.get(service) ?? [];
    await Promise.all(list.map(({ process: running }) => running.stop()));
    const member = await this.memberOf(service, { ordinal: 0, ...change });
    this.members.set(service, [member]);
    member.process.start();
    if (change.isAwaited !== false) await member.process.ready(READY_TIMEOUT_MS);
  }

  /** Waits until every process is ready, as after a fault; no hand helps. */
  async ready(timeoutMs: number): Promise<void> {
    await Promise.all(this.processes().map((each) => each.ready(timeoutMs)));
  }

  /** The harness' own connection, after Postgres ended it. */
  async reconnect(): Promise<void> {
    await this.database.end().catch(() => undefined);
    this.database = await connected(this.postgres.url);
  }

  /** A proxy between one service and what it talks to. */
  between(service: ServiceName, far: Far) {
    return this.network.between(service, far);
  }

  /** Environment of a service with every address that of its own proxy. */
  environmentOf(service: ServiceName): Environment {
    const { PATH, HOME } = processEnvironment();
    const given = {
      PATH,
      HOME,
      KAFKA_BROKERS: `127.0.0.1:${this.network.between(service, 'kafka').port}`,
      META_TIMEOUT_MS: String(CALLS_TO_META_MS),
      DISPATCHER_NUMBER_RATE_PER_SECOND: '1000',
      AUTH_REPUBLISH: 'true',
      WEBHOOK_LEASE_MS: String(WEBHOOK_LEASE_MS),
      ...(service === 'edge' && { SHUTDOWN_DRAIN_MS: String(EDGE_DRAIN_MS) }),
      ...(service === 'rate-limiter' &&
        this.redis && {
          REDIS_URL: `redis://127.0.0.1:${this.network.between(service, 'redis').port}`,
        }),
    };
    const parts = {
      ownerDatabaseUrl: withPort(
        this.postgres.url,
        PROXIED.postgres.includes(service)
          ? this.network.between(service, 'postgres').port
          : this.postgres.port,
      ),
      metaBaseUrl: withPort(
        this.made.parts.metaBaseUrl,
        this.network.between('dispatcher', 'meta').port,
      ),
    };
    return embeddedEnvironment(service, this.made.installation, parts, given);
  }

  async stop(): Promise<void> {
    clearInterval(this.watch);
    this.network.restore();
    for (const service of SERVICES) {
      await Promise.all(this.processes(service).map((each) => each.stop()));
    }
    await this.made.customers.close();
    await this.database.end();
    await this.kafka.stop();
    await this.made.parts.stop();
    await this.redis?.kill();
    await this.postgres.stop();
    await this.network.close();
  }

  private async startServices(): Promise<void> {
    const variables = loadConfig(KAFKA_VARIABLES, { KAFKA_BROKERS: this.kafka.address });
    await createTopics(
      kafkaConfig(variables, { app: 'faults', ordinal: 0 }),
      createLogger({ service: 'faults', level: 'warn' }),
    );
    for (const service of SERVICES) {
      const member = await this.memberOf(service, { ordinal: 0 });
      this.members.set(service, [member]);
      member.process.start();
    }
    await this.ready(READY_TIMEOUT_MS);
    this.watch = setInterval(() => {
      for (const edge of this.processes('edge')) void this.lookAt(edge);
    }, READY_POLL_MS);
  }

  /** Never rejects. */
  private async lookAt(edge: ServiceProcess): Promise<void> {
    const isReady = await edge.isReady();
    if (isReady) this.readyEdges.add(edge.healthUrl);
    else this.readyEdges.delete(edge.healthUrl);
  }

  private async memberOf(
    service: ServiceName,
    start: {
      readonly ordinal: number;
      readonly environment?: Environment;
      readonly bug?: PlantedBug;
    },
  ): Promise<Member> {
    const prefix = service.toUpperCase().replaceAll('-', '_');
    const isFirstEdge = service === 'edge' && start.ordinal === 0;
    const httpPort = isFirstEdge ? this.made.edgePort : await freePort();
    const healthPort = await freePort();
    const running = new ServiceProcess({
      service,
      ordinal: start.ordinal,
      environment: {
        ...this.environmentOf(service),
        EDGE_HTTP_PORT: String(httpPort),
        [`${prefix}_HEALTH_PORT`]: String(healthPort),
        ...start.environment,
      },
      healthUrl: `http://127.0.0.1:${healthPort}`,
      logDir: this.logDir,
      ...(start.bug && { main: plantedMain(start.bug) }),
      onStarted: () => undefined,
      onBroken: (name, logPath) => {
        console.error(`${name} ends at once each time it is started: ${logPath}`);
      },
    });
    return { process: running, httpUrl: `http://127.0.0.1:${httpPort}` };
  }
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, keepAlive: true });
  client.on('error', () => undefined); // its next statement fails, and says so
  await client.connect();
  return client;
}

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.toString().replace(/\/$/, '');
}
