import { SERVICES, type ServiceName } from '@gateway/contracts';
import { createTopics, kafkaConfig, KAFKA_VARIABLES } from '@gateway/messaging';
import { createLogger, loadConfig, type Environment } from '@gateway/platform';
import { join } from 'node:path';
import {
  embeddedEnvironment,
  type EmbeddedParts,
} from '../../apps/standalone/src/embedded-environment';
import type { Installation } from '../../apps/standalone/src/installation';
import type { StandaloneConfig } from '../../apps/standalone/src/standalone.config';
import type { ClusterKafka } from './cluster-kafka';
import { writeClusterState } from './cluster-state';
import { ServiceProcess } from './service-process';

const READY_TIMEOUT_MS = 60_000;
/** Instances of one service at most on one machine; also the step between their health ports. */
const INSTANCES_MAX = 9;

interface ClusterOptions {
  readonly config: StandaloneConfig;
  readonly installation: Installation;
  readonly parts: EmbeddedParts;
  readonly kafka: ClusterKafka;
  readonly given: Environment;
  readonly instances: ReadonlyMap<ServiceName, number>;
}

/** The processes of all services, kept running. */
export class Cluster {
  private readonly processes: readonly ServiceProcess[];

  constructor(private readonly options: ClusterOptions) {
    this.processes = SERVICES.flatMap((service, index) =>
      Array.from({ length: options.instances.get(service) ?? 1 }, (_, ordinal) =>
        this.processOf(service, ordinal, index),
      ),
    );
  }

  /** Creates the topics, starts every process and waits until all are ready. */
  async start(): Promise<void> {
    const variables = loadConfig(KAFKA_VARIABLES, this.kafkaEnvironment());
    await createTopics(
      kafkaConfig(variables, { app: 'cluster', ordinal: 0 }),
      createLogger({ service: 'cluster', level: 'warn' }),
    );
    for (const each of this.processes) each.start();
    await Promise.all(this.processes.map((each) => each.ready(READY_TIMEOUT_MS)));
  }

  /** The edge first, so that what it took is still carried through. */
  async stop(): Promise<void> {
    for (const service of SERVICES) {
      await Promise.all(
        this.processes.filter((each) => each.service === service).map((each) => each.stop()),
      );
    }
  }

  private processOf(service: ServiceName, ordinal: number, index: number): ServiceProcess {
    const { config, installation, parts } = this.options;
    const healthPort = config.healthPort + index * INSTANCES_MAX + ordinal;
    const prefix = service.toUpperCase().replaceAll('-', '_');
    const environment = {
      ...embeddedEnvironment(service, installation, parts, this.kafkaEnvironment()),
      // The database may have been another profile's, or older than this Kafka: what auth knows is published anew.
      AUTH_REPUBLISH: 'true',
      EDGE_HTTP_PORT: String(config.httpPort + ordinal),
      [`${prefix}_HEALTH_PORT`]: String(healthPort),
    };
    return new ServiceProcess({
      service,
      ordinal,
      environment,
      healthUrl: `http://127.0.0.1:${healthPort}`,
      logDir: join(installation.dataDir, 'logs'),
      onStarted: () => {
        this.writeState();
      },
      onBroken: (name, logPath) => {
        console.error(`${name} ends at once each time it is started: ${logPath}`);
      },
    });
  }

  private kafkaEnvironment(): Environment {
    return { ...this.options.given, KAFKA_BROKERS: this.options.kafka.brokers };
  }

  /** Says which process is which, after each start of one. */
  writeState(): void {
    const { config, installation, kafka } = this.options;
    const state = {
      kafkaBrokers: kafka.brokers,
      kafkaPid: kafka.pid(),
      httpPort: config.httpPort,
    };
    writeClusterState(installation.dataDir, state, this.processes);
  }
}
