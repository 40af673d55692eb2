import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedEvent {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly webhookId: string;
  readonly atMs: number;
}

export type Answer = (event: ReceivedEvent, response: ServerResponse) => void;

const OK: Answer = (_event, response) => response.writeHead(200).end();

/** A customer's receiver over real HTTP; what it answers can be changed at any time. */
export class Receiver {
  readonly received: ReceivedEvent[] = [];
  /** Requests that are open, and the most there ever were. */
  open = 0;
  openMax = 0;
  answer: Answer = OK;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const receiver = new Receiver(server, `http://127.0.0.1:${port}/hook`);
    server.on('request', (request, response) => {
      receiver.open += 1;
      receiver.openMax = Math.max(receiver.openMax, receiver.open);
      response.on('close', () => (receiver.open -= 1));
      const chunks: Buffer[] = [];
      request.on('error', () => undefined);
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const event: ReceivedEvent = {
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
          webhookId: String(request.headers['webhook-id']),
          atMs: performance.now(),
        };
        receiver.received.push(event);
        receiver.answer(event, response);
      });
    });
    return receiver;
  }

  status(status: number, headers: Record<string, string> = {}): void {
    this.answer = (_event, response) => response.writeHead(status, headers).end();
  }

  ok(): void {
    this.answer = OK;
  }

  /** Takes everything and never answers. */
  hang(): void {
    this.answer = () => undefined;
  }

  idsOf(): string[] {
    return this.received.map(({ webhookId }) => webhookId);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
