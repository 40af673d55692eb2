import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seedTenants } from '../seed/seed-tenants';
import type { KafkaBroker } from '../kafka/kafka-broker';
import { startStockKafka } from './baselines/stock-kafka';
import { STOCK_SERVICES } from './baselines/stock-topics';
import { TEXT_MESSAGE, type LoadTarget } from './load-target';
import { ended, forked, printed } from './processes';

const SIMULATOR_PORT = 29_090;
const BASELINE_PORT = 29_081;
const GATEWAY_PORT = 28_080;
const HEALTH_PORT = 29_180;
const STOCK_PORT = 29_082;
/** Each tenant has a phone number of its own; together they are bound by the machine, not by a limit. */
const TENANTS = 50;
const SIMULATOR_ORIGIN = `http://127.0.0.1:${SIMULATOR_PORT}`;
/** As `npm start` has it; the cluster's launcher gives its own to its services. */
const NODE_FLAGS = ['--max-semi-space-size=64'];

/** Everything that a measurement needs, started in a folder of its own and removed at the end. */
export class BenchStage {
  private readonly children: ChildProcess[] = [];
  private gateway: ChildProcess | undefined;
  private stockKafka: KafkaBroker | undefined;
  private stockChildren: ChildProcess[] = [];

  private constructor(private readonly dataDir: string) {}

  static async open(): Promise<BenchStage> {
    const dataDir = mkdtempSync(join(tmpdir(), 'gateway-bench-'));
    chmodSync(dataDir, 0o755); // Postgres under root runs as another user
    const stage = new BenchStage(dataDir);
    const simulator = await forked('../../apps/meta-simulator/src/main.js', [], {
      SIMULATOR_PORT: String(SIMULATOR_PORT),
      SIMULATOR_SENDS_BYTES_MAX: '67108864',
    });
    stage.children.push(simulator);
    stage.children.push(
      await forked('baselines/proxy.js', [String(BASELINE_PORT), SIMULATOR_ORIGIN]),
    );
    return stage;
  }

  baseline(): LoadTarget {
    return {
      origin: `http://127.0.0.1:${BASELINE_PORT}`,
      path: '/v1/wa/message',
      keys: ['none'],
      body: TEXT_MESSAGE,
    };
  }

  /** The same five steps as request-reply of Nest's stock Kafka client, service by service; see `baselines`. */
  async stockChain(): Promise<LoadTarget> {
    console.log('stock chain: starting');
    this.stockKafka = await startStockKafka(join(this.dataDir, 'stock-kafka'));
    const { address } = this.stockKafka;
    for (const service of [...STOCK_SERVICES].reverse()) {
      this.stockChildren.push(
        await forked('baselines/stock-service.js', [service, address, SIMULATOR_ORIGIN]),
      );
    }
    this.stockChildren.push(await forked('baselines/stock-edge.js', [String(STOCK_PORT), address]));
    return { ...this.baseline(), origin: `http://127.0.0.1:${STOCK_PORT}` };
  }

  async stopStockChain(): Promise<void> {
    const children = this.stockChildren;
    this.stockChildren = [];
    await Promise.all(children.map((child) => ended(child, 'SIGTERM')));
    await this.stockKafka?.stop();
    this.stockKafka = undefined;
  }

  /** Data folder of a profile; its database's URL stands in it. */
  dataDirOf(profile: 'standalone' | 'cluster'): string {
    return join(this.dataDir, profile);
  }

  standalone(): Promise<LoadTarget> {
    return this.startGateway('standalone', '../../apps/standalone/src/main.js', TENANTS);
  }

  /** @param tenants organizations, each with an application, a number and a key of its own */
  cluster(tenants = TENANTS): Promise<LoadTarget> {
    return this.startGateway('cluster', '../cluster/main.js', tenants);
  }

  async stopGateway(): Promise<void> {
    const { gateway } = this;
    if (!gateway) return;
    this.gateway = undefined;
    await ended(gateway, 'SIGINT');
  }

  async close(): Promise<void> {
    await this.stopGateway();
    await this.stopStockChain();
    await Promise.all(this.children.map((child) => ended(child, 'SIGTERM')));
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private async startGateway(
    profile: 'standalone' | 'cluster',
    entry: string,
    count: number,
  ): Promise<LoadTarget> {
    console.log(`${profile}: starting`);
    const dataDir = this.dataDirOf(profile);
    const child = spawn(process.execPath, [...NODE_FLAGS, join(__dirname, entry)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        DATA_DIR: dataDir,
        EDGE_HTTP_PORT: String(GATEWAY_PORT),
        HEALTH_PORT: String(HEALTH_PORT),
        META_BASE_URL: SIMULATOR_ORIGIN,
        // Whoever tries passwords comes from many addresses.
        TRUSTED_PROXIES: '127.0.0.1/32',
        DISPATCHER_NUMBER_RATE_PER_SECOND: '1000',
        KAFKA_HEAP_MB: '512',
        LOG_LEVEL: 'warn',
      },
    });
    this.gateway = child;
    await printed(child, 'Ctrl-C stops everything');
    const tenants = await seedTenants({ dataDir, count });
    return {
      origin: `http://127.0.0.1:${GATEWAY_PORT}`,
      path: '/v1/wa/message',
      keys: tenants.map(({ keys }) => keys.production),
      body: TEXT_MESSAGE,
    };
  }
}
