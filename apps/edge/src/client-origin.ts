import { BlockList, isIP } from 'node:net';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ClientOrigin } from '@gateway/contracts';
import { ConfigError } from '@gateway/platform';
import type { FastifyRequest } from 'fastify';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const plain = (address: string): string => MAPPED_IPV4.exec(address)?.[1] ?? address;

/** The addresses of clients behind proxies: what a header says counts as far as those who wrote it are trusted. */
export class TrustedProxies {
  private readonly networks = new BlockList();

  /**
   * @param networks in CIDR notation, or single addresses
   * @throws ConfigError for what is neither
   */
  constructor(networks: readonly string[]) {
    for (const network of networks) this.add(network);
  }

  /**
   * @param peer address of the other end of the connection
   * @param forwardedFor `X-Forwarded-For`: who is trusted adds the address before him at the end
   */
  clientOf(peer: string, forwardedFor: string | undefined): string {
    const hops = (forwardedFor ?? '').split(',').map((hop) => plain(hop.trim()));
    let client = plain(peer);
    while (this.isTrusted(client)) {
      const hop = hops.pop();
      if (hop === undefined || isIP(hop) === 0) break;
      client = hop;
    }
    return client;
  }

  private isTrusted(address: string): boolean {
    return this.networks.check(address, familyOf(address));
  }

  private add(network: string): void {
    const [address = '', prefix] = network.split('/');
    const bitsMax = isIP(address) === 6 ? 128 : 32;
    const bits = prefix === undefined ? bitsMax : Number(prefix);
    if (isIP(address) === 0 || !Number.isInteger(bits) || bits < 0 || bits > bitsMax) {
      throw new ConfigError(['TRUSTED_PROXIES must hold networks in CIDR notation']);
    }
    this.networks.addSubnet(address, bits, familyOf(address));
  }
}

/** Where a request comes from; `X-Client-Type: native` keeps its tokens itself, a browser has them in a cookie. */
export const Client = createParamDecorator(
  (_: unknown, context: ExecutionContext): ClientOrigin => {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return {
      address: request.clientAddress,
      kind: request.headers['x-client-type'] === 'native' ? 'native' : 'browser',
    };
  },
);
