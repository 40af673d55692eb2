import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { eventLine } from './event-line';

const BODY_BYTES_MAX = 4 * 1024 * 1024;
const IDS_MAX = 10_000;

/** Takes webhooks on this machine, verifies each signature and tells of each event. */
export class LocalReceiver {
  private signingSecret: string | null = null;
  /** Oldest first. */
  private readonly ids = new Set<string>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
    private readonly print: (line: string) => void,
  ) {
    server.on('request', (request, response) => {
      this.answer(request, response).catch(() => {
        // The connection broke off: the delivery comes again.
        response.destroy();
      });
    });
  }

  static async start(port: number, print: (line: string) => void): Promise<LocalReceiver> {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address() as AddressInfo;
    return new LocalReceiver(server, `http://127.0.0.1:${address.port}/`, print);
  }

  /** Until it is told, deliveries are put off. */
  trust(signingSecret: string): void {
    this.signingSecret = signingSecret;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeIdleConnections();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (request.method !== 'POST') response.writeHead(405).end();
    else if (body === null) response.writeHead(413, { connection: 'close' }).end();
    else if (this.signingSecret === null) response.writeHead(503).end();
    else response.writeHead(this.take(body, request, this.signingSecret) ? 204 : 401).end();
  }

  private take(body: Buffer, { headers }: IncomingMessage, signingSecret: string): boolean {
    const id = String(headers['webhook-id']);
    const isVerified = isSigned(body, headers, signingSecret);
    this.print(eventLine({ at: new Date(), body, isVerified, isRepeated: this.ids.has(id) }));
    if (isVerified) this.remember(id);
    return isVerified;
  }

  private remember(id: string): void {
    this.ids.add(id);
    if (this.ids.size <= IDS_MAX) return;
    const oldest = this.ids.values().next();
    if (!oldest.done) this.ids.delete(oldest.value);
  }
}

function isSigned(
  body: Buffer,
  headers: IncomingMessage['headers'],
  signingSecret: string,
): boolean {
  try {
    new Webhook(signingSecret).verify(body, headers as Record<string, string>);
    return true;
  } catch (error) {
    // A signed body that is no JSON comes from us as little as an unsigned one.
    if (error instanceof WebhookVerificationError || error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Null: it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
