import type { ChildProcess } from 'node:child_process';
import { cpuByProcess, cpuPerMessage, type CpuByProcess } from '../cpu';
import { runMessages, runStatuses } from '../load';
import type { LoadTarget } from '../load-target';
import type { Arrival, ReceiverFault, ReceiversOrder } from './receivers';
import { messagesFor, type OfferedStatus, type StatusLoad } from './status-load';

export interface WebhookTarget extends Omit<StatusLoad, 'messages' | 'perSecond' | 'seconds'> {
  /** Where the messages are sent that the webhooks are about; a key for each application. */
  readonly messages: LoadTarget;
  readonly receivers: ChildProcess;
  /** The receivers' endpoint of the first application; the others follow. */
  readonly firstEndpoint: number;
}

/** What webhooks at one rate showed, of all endpoints that take what they get. */
export interface WebhookLoad {
  readonly perSecond: number;
  readonly seconds: number;
  readonly events: number;
  /** Not answered with 200. */
  readonly refused: number;
  /** From the scheduled start to the 200, which says that it is durable. */
  readonly durableP50Ms: number;
  readonly durableP99Ms: number;
  /** From the scheduled start to the customer's socket. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly missing: number;
  readonly repeated: number;
  /** From the last scheduled start to the last arrival. */
  readonly lastAfterMs: number;
  readonly cpuMsPerEvent: CpuByProcess;
}

interface Offer {
  readonly perSecond: number;
  readonly seconds: number;
  readonly faults?: readonly ReceiverFault[];
}

const POLL_INTERVAL_MS = 100;
/** What is not there by then is missing. */
const ARRIVAL_TIMEOUT_MS = 60_000;
/** In which what is sent twice would show. */
const AFTERMATH_MS = 1_000;

/** Offers statuses of messages that were sent before, and waits until each is at its customer's socket. */
export async function measureWebhooks(
  target: WebhookTarget,
  { perSecond, seconds, faults = [] }: Offer,
): Promise<WebhookLoad> {
  const { messages: sendTo, receivers, firstEndpoint, ...ingress } = target;
  const messages = await runMessages(sendTo, messagesFor(perSecond, seconds));
  await ask(receivers, { kind: 'reset', faults });
  const before = cpuByProcess();
  const { statuses, cpuMs } = await runStatuses({ ...ingress, messages, perSecond, seconds });
  const awaited = statuses.filter(
    ({ tenant, durableMs }) => durableMs !== null && tenant + firstEndpoint >= faults.length,
  );
  await arrived(receivers, awaited.length);
  const after = cpuByProcess();
  await passed(AFTERMATH_MS);
  const arrivals = (await ask(receivers, { kind: 'arrivals' })) as readonly Arrival[];
  return {
    perSecond,
    seconds,
    ...latencies(statuses, awaited, arrivals),
    cpuMsPerEvent: {
      ...cpuPerMessage(before, after, statuses.length),
      generator: cpuMs / statuses.length,
    },
  };
}

function latencies(
  statuses: readonly OfferedStatus[],
  awaited: readonly OfferedStatus[],
  arrivals: readonly Arrival[],
): Omit<WebhookLoad, 'perSecond' | 'seconds' | 'cpuMsPerEvent'> {
  const byKey = new Map(arrivals.map((arrival) => [arrival.key, arrival]));
  const found = awaited.flatMap(({ key, dueMs }) => {
    const arrival = byKey.get(key);
    return arrival ? [{ ...arrival, afterMs: arrival.atMs - dueMs }] : [];
  });
  const after = sorted(found.map(({ afterMs }) => afterMs));
  const durable = sorted(
    statuses.flatMap(({ dueMs, durableMs }) => (durableMs === null ? [] : [durableMs - dueMs])),
  );
  const lastDueMs = statuses.at(-1)?.dueMs ?? 0;
  return {
    events: statuses.length,
    refused: statuses.length - durable.length,
    durableP50Ms: share(durable, 0.5),
    durableP99Ms: share(durable, 0.99),
    p50Ms: share(after, 0.5),
    p99Ms: share(after, 0.99),
    maxMs: share(after, 1),
    missing: awaited.length - found.length,
    repeated: found.filter(({ times }) => times > 1).length,
    lastAfterMs: found.reduce((last, { atMs }) => Math.max(last, atMs), 0) - lastDueMs,
  };
}

async function arrived(receivers: ChildProcess, count: number): Promise<void> {
  const untilMs = performance.now() + ARRIVAL_TIMEOUT_MS;
  while (Number(await ask(receivers, { kind: 'count' })) < count && performance.now() < untilMs) {
    await passed(POLL_INTERVAL_MS);
  }
}

function ask(receivers: ChildProcess, order: ReceiversOrder): Promise<unknown> {
  return new Promise((resolve) => {
    receivers.once('message', ({ answer }: { readonly answer: unknown }) => {
      resolve(answer);
    });
    receivers.send(order);
  });
}

const sorted = (values: readonly number[]): number[] =>
  [...values].sort((one, other) => one - other);

const share = (values: readonly number[], part: number): number =>
  values[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
