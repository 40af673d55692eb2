import { ConfigError } from '@gateway/platform';
import { TrustedProxies } from './client-origin';

const PROXIES = new TrustedProxies(['10.0.0.0/8', 'fd00::/8']);

it.each<[string, string, string | undefined, string]>([
  ['whoever connects, without a header', '203.0.113.1', undefined, '203.0.113.1'],
  ['whoever connects, as nobody trusts what he says', '203.0.113.1', '1.2.3.4', '203.0.113.1'],
  ['whom a trusted proxy names', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['the last that no proxy invented', '10.0.0.1', '1.2.3.4, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['the proxy, when it names nobody', '10.0.0.1', 'unknown', '10.0.0.1'],
  ['an IPv4 address in its IPv6 form', '::ffff:203.0.113.1', undefined, '203.0.113.1'],
  ['whom a proxy over IPv6 names', 'fd00::1', '2001:db8::5', '2001:db8::5'],
])('takes for the client %s', (_name, peer, forwardedFor, client) => {
  expect(PROXIES.clientOf(peer, forwardedFor)).toBe(client);
});

it('believes no header unless told to', () => {
  expect(new TrustedProxies([]).clientOf('10.0.0.1', '1.2.3.4')).toBe('10.0.0.1');
});

it.each(['10.0.0.0/33', 'proxy', '::/129', '10.0.0.0/x'])('refuses %s as a network', (network) => {
  expect(() => new TrustedProxies([network])).toThrow(ConfigError);
});
