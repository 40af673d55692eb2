import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** `requests`: from the process to what it talks to; `answers`: the way back. */
export type Direction = 'requests' | 'answers';

/** What a network does to connections, new and old, until it is healed. */
export type NetworkFault =
  /** Nothing passes; what was sent arrives after the heal, as TCP repeats it. One way only when a direction is given. */
  | { readonly kind: 'blackhole'; readonly direction?: Direction }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** Every connection is reset, and each new one at once. */
  | { readonly kind: 'refuse' }
  /** The far side gets the request and works; the connection is reset in place of its answer. */
  | { readonly kind: 'reset-answers'; readonly share: number };

interface Link {
  readonly near: Socket;
  readonly far: Socket;
}

/** A TCP proxy on the loopback interface that does to its connections what networks do. */
export class TcpProxy {
  private readonly links = new Set<Link>();
  private fault: NetworkFault | null = null;
  private healed: Promise<void> = Promise.resolve();
  private heal: () => void = () => undefined;

  private constructor(
    private readonly server: Server,
    private readonly random: () => number,
    /** Port of what stands behind; may change while it is down. */
    public targetPort: number,
  ) {}

  /** @param random for faults that hit a part of what passes */
  static async listen(targetPort: number, random: () => number): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new TcpProxy(server, random, targetPort);
    server.on('connection', (near) => {
      proxy.accept(near);
    });
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Begins a fault, in place of the one before. */
  inject(fault: NetworkFault): void {
    this.restore();
    this.fault = fault;
    this.healed = new Promise((resolve) => {
      this.heal = resolve;
    });
    if (fault.kind === 'refuse') this.reset();
  }

  /** Ends the fault: what was held passes. */
  restore(): void {
    this.fault = null;
    this.heal();
  }

  /** Resets every connection, once. */
  reset(): void {
    for (const link of this.links) cut(link);
  }

  async close(): Promise<void> {
    this.restore();
    this.reset();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(near: Socket): void {
    near.on('error', ignore);
    if (this.fault?.kind === 'refuse') {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: this.targetPort, host: '127.0.0.1', allowHalfOpen: true });
    far.setNoDelay(true);
    far.on('error', ignore);
    const link = { near, far };
    this.links.add(link);
    const end = (): void => {
      this.links.delete(link);
      near.destroy();
      far.destroy();
    };
    near.once('close', end);
    far.once('close', end);
    // A side that breaks ends both: its error is the other side's end.
    this.carry(link, 'requests').catch(end);
    this.carry(link, 'answers').catch(end);
  }

  private async carry(link: Link, direction: Direction): Promise<void> {
    const [from, to] = direction === 'requests' ? [link.near, link.far] : [link.far, link.near];
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (!(await this.mayPass(direction, chunk.length))) {
        cut(link);
        return;
      }
      if (!to.write(chunk)) await once(to, 'drain');
    }
    await this.mayPass(direction, 0);
    to.end();
  }

  /** Waits as long as the fault holds a chunk; false: the connection is reset in its place. */
  private async mayPass(direction: Direction, bytes: number): Promise<boolean> {
    const { fault } = this;
    if (fault === null) return true;
    switch (fault.kind) {
      case 'blackhole':
        if (fault.direction === undefined || fault.direction === direction) await this.healed;
        return true;
      case 'delay':
        await Promise.race([sleep(fault.delayMs), this.healed]);
        return true;
      case 'throttle':
        await Promise.race([sleep((bytes / fault.bytesPerSecond) * 1_000), this.healed]);
        return true;
      case 'refuse':
        return false;
      case 'reset-answers':
        return direction === 'requests' || bytes === 0 || this.random() >= fault.share;
    }
  }
}

function cut({ near, far }: Link): void {
  near.resetAndDestroy();
  far.resetAndDestroy();
}

/** A broken connection is an end like any other; `close` follows. */
const ignore = (): void => undefined;
