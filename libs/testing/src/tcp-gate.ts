import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** Stands between a process and its database: cut, it refuses connections; frozen, it lets them hang. */
export class TcpGate {
  private readonly sockets = new Set<Socket>();
  private readonly farSockets = new Set<Socket>();
  private state: 'open' | 'cut' | 'frozen' = 'open';

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(targetUrl: string): Promise<TcpGate> {
    const target = new URL(targetUrl);
    const server = createServer({ allowHalfOpen: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(targetUrl);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);
    const gate = new TcpGate(server, url.toString());
    server.on('connection', (socket) => {
      gate.pass(socket, Number(target.port), target.hostname);
    });
    return gate;
  }

  cut(): void {
    this.state = 'cut';
    for (const socket of this.sockets) socket.destroy();
  }

  freeze(): void {
    this.state = 'frozen';
    for (const socket of this.sockets) socket.pause();
  }

  /** What is asked gets through, what is answered does not. */
  holdAnswers(): void {
    for (const socket of this.farSockets) socket.pause();
  }

  open(): void {
    const wasFrozen = this.state === 'frozen';
    this.state = 'open';
    if (wasFrozen) for (const socket of this.sockets) socket.resume();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private pass(near: Socket, port: number, host: string): void {
    if (this.state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(port, host);
    this.farSockets.add(far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (chunk: Buffer) => to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        this.farSockets.delete(from);
        to.destroy();
      });
      if (this.state === 'frozen') from.pause();
    }
  }
}
