import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** A request that came in whole, byte for byte. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly socket: Socket;
}

type Handler = (request: ReceivedRequest) => unknown;

/** A customer on bare sockets, so that an answer can be broken at any byte. It keeps what came in whole. */
export class SocketReceiver {
  readonly requests: ReceivedRequest[] = [];
  connections = 0;
  /** What to do with a request; the default takes it. */
  handler: Handler = answering('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  onConnection: ((socket: Socket) => unknown) | null = null;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly scheme: string,
  ) {}

  static async start(tls?: TlsOptions, address = '127.0.0.1'): Promise<SocketReceiver> {
    const server = tls ? createTlsServer(tls) : createServer({ noDelay: true });
    server.listen(0, address);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const receiver = new SocketReceiver(server, port, tls ? 'https' : 'http');
    server.on('connection', (socket: Socket) => {
      receiver.sockets.add(socket);
      receiver.connections += 1;
      socket.on('error', () => undefined);
      socket.on('close', () => receiver.sockets.delete(socket));
    });
    server.on('tlsClientError', () => undefined);
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
      receiver.serve(socket);
    });
    return receiver;
  }

  url(path = '/hook', host = '127.0.0.1'): string {
    return `${this.scheme}://${host}:${this.port}${path}`;
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.onConnection) {
      this.onConnection(socket);
      return;
    }
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const taken = takeRequest(received, socket);
      if (!taken) return;
      received = received.subarray(taken.bytes);
      this.requests.push(taken.request);
      this.handler(taken.request);
    });
  }
}

/** Writes the same bytes to whoever asks, and keeps the connection. */
export const answering =
  (bytes: string | Buffer): Handler =>
  ({ socket }) => {
    socket.write(bytes);
  };

/** An answer with a length. */
export const answer = (status: number, head = '', body = ''): Handler =>
  answering(
    `HTTP/1.1 ${status} X\r\n${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );

function takeRequest(
  received: Buffer,
  socket: Socket,
): { request: ReceivedRequest; bytes: number } | null {
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
  const body = Buffer.from(received.subarray(headEnd + 4, bytes));
  return { request: { path: first.split(' ')[1] ?? '', headers, body, socket }, bytes };
}
