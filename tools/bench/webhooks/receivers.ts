import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { machineMs, statusKey } from './status-load';

/** What is wrong with an endpoint. */
export type ReceiverFault = 'hangs' | 'answers 500' | 'drips';

/** What the process is asked; each is answered once, in order. */
export type ReceiversOrder =
  /** Forgets everything; the first endpoints behave as told, all others take what comes. */
  | { readonly kind: 'reset'; readonly faults: readonly ReceiverFault[] }
  /** How many different events arrived at endpoints that take them. */
  | { readonly kind: 'count' }
  | { readonly kind: 'arrivals' };

/** An event at the socket of an endpoint that takes it. */
export interface Arrival {
  readonly key: string;
  readonly endpoint: number;
  readonly atMs: number;
  readonly times: number;
}

interface StatusWebhook {
  readonly entry: readonly {
    readonly changes: readonly {
      readonly value: { readonly statuses?: readonly { id: string; status: string }[] };
    }[];
  }[];
}

const DRIP_INTERVAL_MS = 200;

let faults: readonly ReceiverFault[] = [];
let arrivals = new Map<string, { endpoint: number; atMs: number; times: number }>();

function take(endpoint: number, body: Buffer): void {
  const atMs = machineMs();
  const { entry } = JSON.parse(body.toString('latin1')) as StatusWebhook;
  const values = entry.flatMap(({ changes }) => changes.map(({ value }) => value));
  for (const { id, status } of values.flatMap(({ statuses }) => statuses ?? [])) {
    const key = statusKey(id, status);
    const known = arrivals.get(key);
    if (known) known.times += 1;
    else arrivals.set(key, { endpoint, atMs, times: 1 });
  }
}

/** A byte of the head now and then, without an end. */
function drip(response: ServerResponse): void {
  const { socket } = response;
  socket?.write('HTTP/1.1 200 OK\r\nx-drip: ');
  const timer = setInterval(() => socket?.write('x'), DRIP_INTERVAL_MS);
  socket?.once('close', () => {
    clearInterval(timer);
  });
  socket?.on('error', () => {
    clearInterval(timer);
  });
}

function answer(endpoint: number, request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const fault = faults[endpoint];
    if (fault === undefined) {
      take(endpoint, Buffer.concat(chunks));
      response.end();
    } else if (fault === 'answers 500') {
      response.statusCode = 500;
      response.end();
    } else if (fault === 'drips') drip(response);
  });
}

function obey(order: ReceiversOrder): unknown {
  if (order.kind === 'count') return arrivals.size;
  if (order.kind === 'arrivals') return [...arrivals].map(([key, each]) => ({ key, ...each }));
  ({ faults } = order);
  arrivals = new Map();
  return null;
}

/** Endpoints of customers, each on a port of its own. Arguments: the first port, how many. */
async function main(firstPort: number, count: number): Promise<void> {
  for (let endpoint = 0; endpoint < count; endpoint += 1) {
    const server = createServer((request, response) => {
      answer(endpoint, request, response);
    });
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) =>
      server.listen(firstPort + endpoint, '127.0.0.1', () => {
        resolve();
      }),
    );
  }
  process.on('message', (order: ReceiversOrder) => process.send?.({ answer: obey(order) }));
  process.send?.('ready');
}

if (require.main === module) void main(Number(process.argv[2]), Number(process.argv[3]));
