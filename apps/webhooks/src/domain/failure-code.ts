/** Why an attempt got no answer; `interrupted` is the gateway's own fault, spends no attempt and is not the receiver's. */
export type FailureCode =
  | 'dns_error'
  | 'connection_refused'
  | 'connection_reset'
  | 'tls_error'
  | 'timeout'
  | 'blocked_target'
  | 'protocol_error'
  | 'interrupted';

/** A failure that this service names by itself. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';

  constructor(
    readonly failureCode: FailureCode,
    options?: ErrorOptions,
  ) {
    super(failureCode, options);
  }
}

const CODES: Readonly<Record<string, FailureCode>> = {
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'connection_refused',
  ENETUNREACH: 'connection_refused',
  ECONNRESET: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  EPIPE: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'protocol_error',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'protocol_error',
  UND_ERR_DESTROYED: 'interrupted',
  UND_ERR_CLOSED: 'interrupted',
  EMFILE: 'interrupted',
  ENFILE: 'interrupted',
  EADDRNOTAVAIL: 'interrupted',
};
/** Undici's words for a receiver that speaks, but not HTTP/1.1; they come as `UND_ERR_SOCKET`. */
const NOT_HTTP = new Set(['bad response', 'bad upgrade']);
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|EPROTO$|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;
/** The rest of what OpenSSL says of certificates. */
const TLS_WORDS = /CERT|ISSUER|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH_EXCEEDED|INVALID_PURPOSE/;

/** The stable code of whatever a connection or the HTTP client reported. */
export function failureCodeOf(error: Error): FailureCode {
  if (error instanceof CallFailure) return error.failureCode;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (NOT_HTTP.has(error.message) || code.startsWith('HPE_')) return 'protocol_error';
  if (TLS_CODE.test(code) || TLS_WORDS.test(code)) return 'tls_error';
  return CODES[code] ?? 'protocol_error';
}

/** A connection that had been used and then died without a word: it had been closed before the request reached it. */
export const isDeadConnection = (error: Error): boolean =>
  failureCodeOf(error) === 'connection_reset';
