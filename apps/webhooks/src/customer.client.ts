import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import { metrics } from '@gateway/platform';
import { Agent, type Dispatcher } from 'undici';
import { AddressResolver, type DnsSource } from './address-resolver';
import { CustomerCall, type CallClock, type CallEnd } from './customer-call';
import { AddressRule } from './domain/address-rule';
import type { CapturedResponse } from './domain/response-capture';
import { judgeUrl } from './domain/webhook-url';
import { guardedConnector } from './guarded-connector';
import { awaitAnswer } from './interim-answers';

export interface CustomerRequest {
  readonly url: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for all of it, from the name's lookup to the answer's headers. */
  readonly deadlineMs: number;
}

export interface CustomerAnswer {
  /** The receiver answered 2xx in time. */
  readonly isDelivered: boolean;
  /** `http_<status>`, `redirect`, or a `FailureCode`; `interrupted` is the gateway's own fault and spends no attempt. */
  readonly code: string;
  readonly statusCode: number | null;
  readonly durationMs: number;
  /** How long the receiver asks to be left alone. */
  readonly retryAfterMs: number | null;
  /** What the receiver asks for in its `webhook-delivery` header. */
  readonly steering: 'disable' | 'abort-message' | null;
  /** The receiver said 410. */
  readonly isGone: boolean;
  readonly response: CapturedResponse | null;
}

export interface CustomerClientOptions {
  readonly allowLoopback: boolean;
  readonly allowCidrs: readonly string[];
  /** Ports that the gateway listens on. */
  readonly ownPorts?: readonly number[];
  /** Authorities that are trusted instead of the usual ones, PEM. */
  readonly ca?: string;
  readonly dns?: DnsSource;
  readonly clock?: CallClock;
}

const KEEP_ALIVE_MS = 10_000;
const KEEP_ALIVE_MS_MAX = 30_000;
const HEADER_BYTES_MAX = 16 * 1_024;
/** What a dead connection fails after at the latest; later, the receiver was at work on the request. */
const DEAD_CONNECTION_MS_MAX = 1_000;
const OWN_HEADERS = {
  'user-agent': 'whatsapp-gateway-webhooks/1',
  'accept-encoding': 'identity',
};
/** Published by undici in the turn in which it writes a request; the only place that names the connection. */
const REQUEST_WRITTEN = 'undici:client:sendHeaders';

const systemCallClock: CallClock = {
  monotonicMs: () => performance.now(),
  nowMs: () => Date.now(),
};
const connections = metrics.counter({
  name: 'gw_webhooks_connections_total',
  help: 'Requests to customers by the connection that carried them.',
  labels: ['connection'],
});

/**
 * The one client for every URL that somebody gave: it connects to allowed addresses only, follows no redirect, inflates
 * nothing, ends at its deadline whatever the receiver does, and reads a bounded part of the answer.
 */
export class CustomerClient {
  /** Whether a URL may be called; what is saved is judged by it too. */
  readonly rule: AddressRule;
  private readonly clock: CallClock;
  private readonly resolver: AddressResolver;
  private readonly agent: Agent;
  /** Never reuses a connection. */
  private readonly freshAgent: Agent;
  private readonly used = new WeakSet<Socket>();
  /** The call whose request is being written in this turn. */
  private starting: CustomerCall | null = null;

  constructor(options: CustomerClientOptions) {
    const { allowLoopback, allowCidrs, ownPorts = [], ca, dns: source } = options;
    this.clock = options.clock ?? systemCallClock;
    this.rule = new AddressRule({
      allowLoopback,
      allowCidrs,
      ownPorts,
      ownAddresses: ownAddresses(),
    });
    const { monotonicMs } = this.clock;
    this.resolver = new AddressResolver({ monotonicMs, ...(source && { source }) });
    const connect = guardedConnector({ rule: this.rule, resolver: this.resolver, ca });
    const settings: Agent.Options = {
      // As many as there are calls: those are bounded by whoever makes them.
      connections: null,
      // Each call watches its own time, over everything.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS_MAX,
      maxHeaderSize: HEADER_BYTES_MAX,
      connect,
    };
    this.agent = new Agent({ ...settings, pipelining: 1 });
    this.freshAgent = new Agent({ ...settings, pipelining: 0 });
    subscribe(REQUEST_WRITTEN, this.onRequestWritten);
  }

  async post(request: CustomerRequest): Promise<CustomerAnswer> {
    const startedMs = this.clock.monotonicMs();
    const { url } = judgeUrl(request.url, this.rule);
    if (url === null) return answerOf(BLOCKED, 0);
    const first = await this.call(this.agent, url, request, startedMs);
    const end =
      first.isConnectionDead && first.decidedMs - startedMs < DEAD_CONNECTION_MS_MAX
        ? await this.call(this.freshAgent, url, request, startedMs)
        : first;
    return answerOf(end, end.decidedMs - startedMs);
  }

  /** Ends all connections; what still runs ends as `interrupted`. */
  async close(): Promise<void> {
    unsubscribe(REQUEST_WRITTEN, this.onRequestWritten);
    this.resolver.close();
    await Promise.all([this.agent.destroy(), this.freshAgent.destroy()]);
  }

  private call(
    dispatcher: Dispatcher,
    { origin, pathname, search }: URL,
    { body, headers, deadlineMs }: CustomerRequest,
    startedMs: number,
  ): Promise<CallEnd> {
    return new Promise((resolve) => {
      const call = new CustomerCall(startedMs + deadlineMs, this.clock, this.onStart, resolve);
      dispatcher.dispatch(
        {
          origin,
          path: pathname + search,
          method: 'POST',
          headers: { ...headers, ...OWN_HEADERS },
          body,
        },
        call,
      );
    });
  }

  private readonly onStart = (call: CustomerCall): void => {
    this.starting = call;
  };

  private readonly onRequestWritten = (message: unknown): void => {
    const call = this.starting;
    if (call === null) return;
    this.starting = null;
    const { socket } = message as { readonly socket: Socket };
    call.isReused = this.used.has(socket);
    this.used.add(socket);
    awaitAnswer(socket);
    connections.inc({ connection: call.isReused ? 'reused' : 'new' });
  };
}

const BLOCKED: CallEnd = {
  failureCode: 'blocked_target',
  statusCode: null,
  retryAfterMs: null,
  steering: null,
  response: null,
  decidedMs: 0,
  isConnectionDead: false,
};

function answerOf(end: CallEnd, durationMs: number): CustomerAnswer {
  const { statusCode, retryAfterMs, steering, response } = end;
  return {
    isDelivered: statusCode !== null && statusCode >= 200 && statusCode < 300,
    code: end.failureCode ?? answerCode(statusCode),
    statusCode,
    durationMs: Math.round(durationMs),
    retryAfterMs,
    steering,
    isGone: statusCode === 410,
    response,
  };
}

const answerCode = (statusCode: number | null): string =>
  statusCode !== null && statusCode >= 300 && statusCode < 400
    ? 'redirect'
    : `http_${String(statusCode)}`;

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap(
    (addresses) => addresses?.map(({ address }) => address) ?? [],
  );
