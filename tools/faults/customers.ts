import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { updatesIn } from './meta-updates';

/** What a customer's server does with what it gets. */
export type Behaviour = 'takes' | 'fails' | 'hangs' | 'resets' | 'redirects' | 'floods';

/** One request that came to a customer's server, as its own ledger has it. */
export interface Received {
  readonly appId: string;
  readonly item: string;
  readonly phoneNumberId: string;
  readonly atMs: number;
  /** It was answered 2xx. */
  readonly isTaken: boolean;
  /** By the secret of this very endpoint. */
  readonly isSigned: boolean;
}

const FLOOD_BYTES = 10 * 1024 * 1024;

/** The servers of all customers: one for each application, at a path of its own. Each writes down what it got. */
export class Customers {
  private readonly behaviours = new Map<string, Behaviour>();
  private readonly secrets = new Map<string, string>();
  private readonly hanging = new Set<ServerResponse>();
  private entries: Received[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      this.take(request, response).catch(() => {
        response.destroy(); // the connection broke off: the delivery comes again
      });
    });
  }

  static async listen(): Promise<Customers> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Customers(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get received(): readonly Received[] {
    return this.entries;
  }

  /** Begins a run: what was received before is forgotten. */
  expect(secrets: ReadonlyMap<string, string>): void {
    this.entries = [];
    this.secrets.clear();
    for (const [appId, secret] of secrets) this.secrets.set(appId, secret);
  }

  behave(appId: string, behaviour: Behaviour): void {
    this.behaviours.set(appId, behaviour);
  }

  /** All servers take what they get; those that hung break off. */
  heal(): void {
    this.behaviours.clear();
    for (const response of this.hanging) response.destroy();
    this.hanging.clear();
  }

  async close(): Promise<void> {
    this.heal();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const appId = request.url?.slice(1) ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const behaviour = this.behaviours.get(appId) ?? 'takes';
    const isTaken = behaviour === 'takes' || behaviour === 'floods';
    const isSigned = this.isSigned(appId, body, request);
    // What is still under way to a customer of an earlier run is not of this one.
    if (!this.secrets.has(appId)) {
      response.writeHead(204).end();
      return;
    }
    for (const { item, phoneNumberId } of updatesIn(body)) {
      this.entries.push({ appId, item, phoneNumberId, atMs: Date.now(), isTaken, isSigned });
    }
    this.answer(response, behaviour);
  }

  private answer(response: ServerResponse, behaviour: Behaviour): void {
    switch (behaviour) {
      case 'takes':
        response.writeHead(204).end();
        return;
      case 'fails':
        response.writeHead(500).end('broken');
        return;
      case 'hangs':
        this.hanging.add(response);
        return;
      case 'resets':
        response.socket?.resetAndDestroy();
        return;
      case 'redirects':
        response.writeHead(302, { location: `http://127.0.0.1:${this.port}/elsewhere` }).end();
        return;
      case 'floods':
        response.writeHead(200).end(Buffer.alloc(FLOOD_BYTES, 'x'));
    }
  }

  private isSigned(appId: string, body: Buffer, { headers }: IncomingMessage): boolean {
    try {
      const webhook = new Webhook(this.secrets.get(appId) ?? '');
      webhook.verify(body, headers as Record<string, string>);
      return true;
    } catch {
      return false; // whatever is wrong with it, the endpoint's owner would not believe it
    }
  }
}
