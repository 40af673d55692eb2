import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressResolver } from './address-resolver';
import type { AddressRule } from './domain/address-rule';
import { CallFailure } from './domain/failure-code';
import { withoutInterimAnswers } from './interim-answers';

const CONNECT_TIMEOUT_MS = 5_000;

export interface GuardedConnectorOptions {
  readonly rule: AddressRule;
  readonly resolver: AddressResolver;
  /** Authorities that are trusted instead of the usual ones, PEM. */
  readonly ca: string | undefined;
}

/**
 * Connects to allowed addresses only, judged at three places: a literal in the URL, for which no lookup is made; every
 * address behind a name, by the one lookup that the connection is made from; and the peer that was reached. The name
 * itself stays what TLS and the Host header carry.
 */
export function guardedConnector({
  rule,
  resolver,
  ca,
}: GuardedConnectorOptions): buildConnector.connector {
  const connect = buildConnector({
    lookup: vettedLookup(rule, resolver),
    timeout: CONNECT_TIMEOUT_MS,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca }),
  });
  return (options, callback) => {
    const port = Number(options.port || (options.protocol === 'https:' ? 443 : 80));
    if (isIP(options.hostname) > 0 && rule.isDenied(options.hostname, port)) {
      callback(new CallFailure('blocked_target'), null);
      return;
    }
    connect(options, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
      } else if (rule.isDenied(socket.remoteAddress ?? '', port)) {
        socket.destroy();
        callback(new CallFailure('blocked_target'), null);
      } else {
        callback(null, withoutInterimAnswers(socket));
      }
    });
  };
}

/** Any address that is denied spoils the whole answer: an attacker mixes it among public ones. */
const vettedLookup =
  (rule: AddressRule, resolver: AddressResolver): LookupFunction =>
  (hostname, options, callback) => {
    resolver.resolve(hostname).then(
      (addresses) => {
        if (addresses.some(({ address }) => rule.isDenied(address))) {
          callback(new CallFailure('blocked_target'), []);
        } else if (options.all === true) {
          callback(null, [...addresses]);
        } else {
          const [first] = addresses;
          callback(null, first?.address ?? '', first?.family);
        }
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new CallFailure('dns_error'), []);
      },
    );
  };
