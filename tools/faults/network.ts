import { SERVICES, type ServiceName } from '@gateway/contracts';
import { freePort } from '@gateway/platform';
import type { ProxiedListener } from '../kafka/broker-files';
import { TcpProxy } from './tcp-proxy';

/** What services talk to over a network. */
export type Far = 'kafka' | 'postgres' | 'redis' | 'meta' | 'customers';

/** Who talks to what; each pair has a proxy of its own. */
export const PROXIED: Readonly<Record<Far, readonly ServiceName[]>> = {
  kafka: SERVICES,
  postgres: ['auth', 'billing', 'dispatcher', 'webhooks'],
  redis: ['rate-limiter'],
  meta: ['dispatcher'],
  customers: ['webhooks'],
};

const FARS = Object.keys(PROXIED) as Far[];

/**
 * The connections between the parts. Kafka tells its clients where to connect, so each service has a listener of its
 * own at the broker, which advertises that service's proxy: no answer has to be rewritten.
 */
export class Network {
  private constructor(
    private readonly proxies: ReadonlyMap<string, TcpProxy>,
    private readonly listenerPorts: ReadonlyMap<ServiceName, number>,
  ) {}

  static async open(random: () => number): Promise<Network> {
    const proxies = new Map<string, TcpProxy>();
    const listenerPorts = new Map<ServiceName, number>();
    for (const far of FARS) {
      for (const service of PROXIED[far]) {
        const target = far === 'kafka' ? await freePort() : 0;
        if (far === 'kafka') listenerPorts.set(service, target);
        proxies.set(`${service} ${far}`, await TcpProxy.listen(target, random));
      }
    }
    return new Network(proxies, listenerPorts);
  }

  kafkaListeners(): readonly ProxiedListener[] {
    return SERVICES.map((service) => ({
      name: service.toUpperCase().replaceAll('-', ''),
      port: this.listenerPorts.get(service) ?? 0,
      advertisedPort: this.between(service, 'kafka').port,
    }));
  }

  /** Says where the proxies lead to. */
  aim(ports: Readonly<Partial<Record<Far, number>>>): void {
    for (const far of FARS) {
      const port = ports[far];
      if (port === undefined) continue;
      for (const service of PROXIED[far]) this.between(service, far).targetPort = port;
    }
  }

  between(service: ServiceName, far: Far): TcpProxy {
    const proxy = this.proxies.get(`${service} ${far}`);
    if (!proxy) throw new Error(`${service} does not talk to ${far}`);
    return proxy;
  }

  has(service: ServiceName, far: Far): boolean {
    return PROXIED[far].includes(service);
  }

  /** All proxies that lead to one part. */
  to(far: Far): readonly TcpProxy[] {
    return PROXIED[far].map((service) => this.between(service, far));
  }

  restore(): void {
    for (const proxy of this.proxies.values()) proxy.restore();
  }

  async close(): Promise<void> {
    await Promise.all([...this.proxies.values()].map((proxy) => proxy.close()));
  }
}
