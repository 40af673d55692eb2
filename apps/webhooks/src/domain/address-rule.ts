import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** What the operator opens, and what is the gateway's own. */
export interface AddressRuleOptions {
  /** The embedded profile alone: webhooks may go to this machine, over http too. */
  readonly allowLoopback: boolean;
  /** Ranges inside the operator's network that are opened to webhooks, for example `10.20.0.0/16`. */
  readonly allowCidrs: readonly string[];
  /** Addresses of this machine's own interfaces: nobody makes the gateway call itself. */
  readonly ownAddresses?: readonly string[];
  /** Ports that the gateway listens on; closed on the loopback range even where that is open. */
  readonly ownPorts?: readonly number[];
}

const IPV4_DENIED = blockList(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Azure's metadata, inside a public range.
  '168.63.129.16/32',
);
/** All that is not global unicast is denied by not being in here, whatever it carries inside. */
const IPV6_GLOBAL = blockList('2000::/3');
const IPV6_DENIED = blockList('2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20');
const IPV4_MAPPED = blockList('::ffff:0:0/96');
const LOOPBACK = blockList('127.0.0.0/8', '::1/128');

/** Whether a text is a range of addresses, such as `10.20.0.0/16` or `fd00:1::/32`. */
export function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits) || address.includes('%')) return false;
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
}

/** Which addresses a URL that somebody gave may lead to: public ones, and what the operator opened. */
export class AddressRule {
  readonly allowLoopback: boolean;
  private readonly allowed: BlockList;
  private readonly own = new BlockList();
  private readonly ownPorts: ReadonlySet<number>;

  constructor({ allowLoopback, allowCidrs, ownAddresses = [], ownPorts = [] }: AddressRuleOptions) {
    this.allowLoopback = allowLoopback;
    this.allowed = blockList(...allowCidrs);
    this.ownPorts = new Set(ownPorts);
    for (const address of ownAddresses) {
      const plain = address.replace(/%.*$/, '');
      if (isIP(plain) > 0 && !this.isLoopback(plain)) this.own.addAddress(plain, family(plain));
    }
  }

  /** @param address an address in any notation that a socket or a resolver gives; anything else is denied */
  isDenied(address: string, port?: number): boolean {
    if (isIP(address) === 0 || address.includes('%')) return true;
    if (this.allowLoopback && this.isLoopback(address)) {
      return port !== undefined && this.ownPorts.has(port);
    }
    if (this.own.check(address, family(address))) return true;
    if (this.allowed.check(address, family(address))) return false;
    return !isPublic(address);
  }

  isLoopback(address: string): boolean {
    return isIP(address) > 0 && LOOPBACK.check(address, family(address));
  }
}

function isPublic(address: string): boolean {
  // An IPv4 address inside an IPv6 one is what the system connects to.
  if (isIPv4(address) || IPV4_MAPPED.check(address, 'ipv6')) {
    return !IPV4_DENIED.check(address, family(address));
  }
  return IPV6_GLOBAL.check(address, 'ipv6') && !IPV6_DENIED.check(address, 'ipv6');
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

function blockList(...cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    if (!isCidr(cidr)) throw new RangeError(`Not a range of addresses: ${cidr}`);
    const [address = '', bits] = cidr.split('/');
    list.addSubnet(address, Number(bits), family(address));
  }
  return list;
}
