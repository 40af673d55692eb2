import './kafka-repairs';
import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Kafka, logLevel, type ISocketFactory, type LogEntry, type SASLOptions } from 'kafkajs';
import type { Logger } from '@gateway/platform';
import type { KafkaConfig } from './kafka-config';

const KEEP_ALIVE_MS = 60_000;

/** Our own loops repeat what fails; kafkajs' are short, so that no error hides for long. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 3 };

/**
 * For producers: what is not handed to a request surely was not sent, so they learn at once that the broker is gone. And
 * for readers of a log, which begin anew by themselves.
 */
const NO_RETRY = { ...RETRY, retries: 0 };

/** The one way to a Kafka client: repaired, with the settings for low latency and for managed brokers. */
export function kafkaClient(
  config: KafkaConfig,
  logger: Logger,
  options: { readonly isRepeating?: boolean } = {},
): Kafka {
  const { tls, sasl } = config;
  return new Kafka({
    clientId: config.clientId,
    brokers: [...config.brokers],
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    requestTimeout: 10_000,
    retry: options.isRepeating === false ? NO_RETRY : RETRY,
    socketFactory,
    ...(tls && { ssl: tls.ca === undefined ? true : { ca: [tls.ca] } }),
    ...(sasl && { sasl: sasl as SASLOptions }),
    logLevel: logLevel.ERROR,
    logCreator: () => quietly(logger),
  });
}

/** kafkajs leaves Nagle's algorithm on: several small requests in flight would wait for each other's acknowledgement. */
const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const useTls = Boolean(ssl as unknown);
  const socket = useTls
    ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect)
    : connectPlain({ host, port, noDelay: true }, onConnect);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
};

const REPEAT_MS = 5_000;
const KINDS_MAX = 200;

/** Into our log, a line of one kind at most every 5 s: an absent broker is reported hundreds of times a second. */
function quietly(logger: Logger): (entry: LogEntry) => void {
  const saidAt = new Map<string, number>();
  return ({ log }) => {
    const now = Date.now();
    if (now - (saidAt.get(log.message) ?? 0) < REPEAT_MS) return;
    if (saidAt.size >= KINDS_MAX) saidAt.clear();
    saidAt.set(log.message, now);
    const group: unknown = log.groupId;
    logger.warn(
      {
        component: 'kafkajs',
        reason: log.message,
        ...(typeof group === 'string' && { group }),
      },
      'kafka.client',
    );
  };
}
