import { isIP } from 'node:net';
import type { FieldError } from '@gateway/errors';
import type { AddressRule } from './address-rule';

const URL_LENGTH_MAX = 2_048;
/** The parser drops tabs and line ends and turns backslashes around: what is judged must be what was written. */
const PLAIN_TEXT = /^[^\\\s\p{Cc}]*$/u;
const HOST_LENGTH_MAX = 253;
const HOST_NAME = /^(?:[a-z0-9_-]{1,63}\.)+[a-z0-9_-]{1,63}$/;
/** Names that lead into the network that one stands in. */
const PRIVATE_SUFFIXES = ['localhost', 'local', 'internal', 'home.arpa'];

/**
 * A URL that somebody gave, as it may be called; names and literals are compared after WHATWG parsing, which turns
 * `0x7f.1`, `2130706433` and `①②⑦.⓪.⓪.①` into `127.0.0.1`. Names are judged again by the addresses behind them.
 */
export type JudgedUrl =
  { readonly url: URL; readonly reason: null } | { readonly url: null; readonly reason: string };

/** What is wrong with a URL at the moment it is saved. */
export function checkWebhookUrl(value: unknown, rule: AddressRule, path = 'url'): FieldError[] {
  const reason = typeof value === 'string' ? judgeUrl(value, rule).reason : 'must be a string';
  return reason === null ? [] : [{ path, reason }];
}

/** The same judgement at the moment of a call. */
export function judgeUrl(text: string, rule: AddressRule): JudgedUrl {
  const reason = textProblem(text);
  if (reason !== null) return refused(reason);
  if (!URL.canParse(text)) return refused('must be a valid URL');
  const url = new URL(text);
  url.hostname = url.hostname.replace(/\.$/, '');
  const problem = partsProblem(url) ?? schemeProblem(url, rule) ?? hostProblem(url, rule);
  return problem === null ? { url, reason: null } : refused(problem);
}

/** Host of a URL as an address or a name: without the brackets of IPv6. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

export const isLocalhostName = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost');

const refused = (reason: string): JudgedUrl => ({ url: null, reason });

function textProblem(text: string): string | null {
  if (text.length > URL_LENGTH_MAX) return `must have at most ${URL_LENGTH_MAX} characters`;
  return PLAIN_TEXT.test(text)
    ? null
    : 'must not contain blanks, control characters or backslashes';
}

function partsProblem(url: URL): string | null {
  if (url.username !== '' || url.password !== '') return 'must not contain a user or a password';
  if (url.href.includes('#')) return 'must not contain a fragment';
  return url.port === '0' ? 'must have a port between 1 and 65535' : null;
}

function schemeProblem(url: URL, rule: AddressRule): string | null {
  if (url.protocol === 'https:') return null;
  if (url.protocol === 'http:' && rule.allowLoopback && isLoopbackHost(hostOf(url), rule)) {
    return null;
  }
  return rule.allowLoopback ? 'must be https, or http to this machine' : 'must be an https URL';
}

const isLoopbackHost = (host: string, rule: AddressRule): boolean =>
  isLocalhostName(host) || rule.isLoopback(host);

function hostProblem(url: URL, rule: AddressRule): string | null {
  const host = hostOf(url);
  if (isIP(host) > 0) {
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    return rule.isDenied(host, port) ? 'must lead to a public address' : null;
  }
  if (rule.allowLoopback && isLocalhostName(host)) return null;
  const isPrivate = PRIVATE_SUFFIXES.some(
    (suffix) => host === suffix || host.endsWith(`.${suffix}`),
  );
  if (isPrivate || !host.includes('.')) return 'must have a public host name';
  const isName = host.length <= HOST_LENGTH_MAX && HOST_NAME.test(host);
  return isName ? null : 'must have a valid host name';
}
