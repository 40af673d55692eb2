import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';

export interface ReceivedCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly socket: Socket;
}

/** What to do with a call; the default accepts it. */
export type CallHandler = (call: ReceivedCall, accept: () => void) => void;

/** A Meta on bare sockets, so that answers can be broken at any byte. It keeps every call that came in whole. */
export class FakeMeta {
  readonly calls: ReceivedCall[] = [];
  handler: CallHandler = (_call, accept) => {
    accept();
  };
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<FakeMeta> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const meta = new FakeMeta(server, `http://127.0.0.1:${port}`);
    server.on('connection', (socket: Socket) => {
      meta.serve(socket);
    });
    return meta;
  }

  /** Calls that carry the id of a message of ours, or a text. */
  callsWith(text: string): ReceivedCall[] {
    return this.calls.filter(({ body }) => body.includes(text));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let call = takeCall(received, socket); call; call = takeCall(received, socket)) {
        received = received.subarray(call.bytes);
        this.receive(call.received);
      }
    });
  }

  private receive(call: ReceivedCall): void {
    this.calls.push(call);
    this.handler(call, () => {
      answer(call, 200, {
        messaging_product: 'whatsapp',
        contacts: [{ input: '905321234567', wa_id: '905321234567' }],
        messages: [{ id: `wamid.HBgM${randomBytes(16).toString('base64')}` }],
      });
    });
  }
}

function takeCall(
  received: Buffer,
  socket: Socket,
): { received: ReceivedCall; bytes: number } | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [first = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const bytes = headEnd + 4 + Number(headers['content-length'] ?? 0);
  if (received.length < bytes) return null;
  const body = received.toString('utf8', headEnd + 4, bytes);
  return { received: { path: first.split(' ')[1] ?? '', headers, body, socket }, bytes };
}

/** A whole answer over a connection that stays open. */
export function answer({ socket }: ReceivedCall, status: number, body: unknown, head = ''): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  socket.write(
    `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\n${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

/** Meta's error body. */
export const metaError = (code: number, more: object = {}): object => ({
  error: {
    message: `(#${code}) refused`,
    type: 'OAuthException',
    code,
    fbtrace_id: 'Atrace',
    ...more,
  },
});
