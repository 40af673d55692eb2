import { Pool, type Dispatcher } from 'undici';
import type { Channel } from './channels.service';
import { outcomeOfAnswer, outcomeOfFailure } from './domain/meta-outcome';
import type { Verdict } from './domain/verdict';

/** What the client needs to know of the installation. */
export interface MetaClientOptions {
  readonly baseUrl: string;
  readonly apiVersion: string;
  readonly connectTimeoutMs: number;
}

export interface MetaRequest {
  /** UUID of the message. */
  readonly messageId: string;
  readonly isRead: boolean;
  readonly isMmlite: boolean;
  readonly channel: Channel;
  readonly body: Buffer;
  /** Asked right before the first byte is written; false: the request is not made. */
  readonly mayBegin: () => boolean;
}

/** How one attempt ended. */
export type MetaCallEnd =
  | { readonly kind: 'ended'; readonly verdict: Verdict }
  /** Not a byte was written: it may be tried again. */
  | { readonly kind: 'not-written' }
  /** `mayBegin` said no. */
  | { readonly kind: 'not-begun' };

const RESPONSE_BYTES_MAX = 1_048_576;

class NotBegunError extends Error {}

/** One attempt of a call to Meta; undici's handler of it, so that nothing else is allocated for a message. */
export class MetaCall implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | null = null;
  private hasBegun = false;
  private isEnded = false;
  private status = 0;
  private retryAfterSeconds: number | undefined;
  private chunks: Buffer[] = [];
  private bytes = 0;

  constructor(
    private readonly request: MetaRequest,
    private readonly onEnd: (end: MetaCallEnd) => void,
  ) {}

  /** The request was, or is being, written: from here on nobody can say that it was not accepted. */
  get isBegun(): boolean {
    return this.hasBegun;
  }

  /**
   * A connection is there and the head is about to be written, in the same turn; undici publishes
   * `undici:client:sendHeaders` right after this. What ends before it has surely not reached Meta.
   */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isEnded || !this.request.mayBegin()) throw new NotBegunError();
    this.controller = controller;
    this.hasBegun = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.status = status;
    const retryAfter = headers['retry-after'];
    if (typeof retryAfter === 'string' && /^\d{1,5}$/.test(retryAfter)) {
      this.retryAfterSeconds = Number(retryAfter);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > RESPONSE_BYTES_MAX) this.abandon();
    // Copied, as the chunk is a view into the socket's whole read buffer.
    else this.chunks.push(Buffer.from(chunk));
  }

  onResponseEnd(): void {
    const [first] = this.chunks;
    const body = first && this.chunks.length === 1 ? first : Buffer.concat(this.chunks);
    const { status, retryAfterSeconds } = this;
    this.end({
      kind: 'ended',
      verdict: outcomeOfAnswer({ status, body, retryAfterSeconds }, this.request),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.hasBegun) this.endUnknown();
    else this.end({ kind: error instanceof NotBegunError ? 'not-begun' : 'not-written' });
  }

  /** No more waiting: what was written is unknown from now on, what was not never will be. */
  abandon(): void {
    if (this.hasBegun) this.endUnknown();
    else this.end({ kind: 'not-written' });
    this.controller?.abort(new Error('abandoned'));
  }

  private endUnknown(): void {
    this.end({ kind: 'ended', verdict: outcomeOfFailure('no-answer', this.request.messageId) });
  }

  private end(end: MetaCallEnd): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.chunks = [];
    this.onEnd(end);
  }
}

/** Meta's Graph API. It never repeats a request by itself, and follows no redirect. */
export class MetaClient {
  private readonly pool: Pool;
  private readonly pathPrefix: string;

  constructor({ baseUrl, apiVersion, connectTimeoutMs }: MetaClientOptions) {
    const url = new URL(baseUrl);
    this.pathPrefix = `${url.pathname.replace(/\/$/, '')}/${apiVersion}/`;
    this.pool = new Pool(url.origin, {
      // As many as there are calls: those are bounded by the permits, and no call waits for another number's.
      connections: null,
      pipelining: 1,
      // One sweep watches the time of all calls.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: connectTimeoutMs },
    });
  }

  /** Starts one attempt; `onEnd` is called exactly once. */
  send(request: MetaRequest, onEnd: (end: MetaCallEnd) => void): MetaCall {
    const { channel, isMmlite, body } = request;
    const call = new MetaCall(request, onEnd);
    this.pool.dispatch(
      {
        method: 'POST',
        path: `${this.pathPrefix}${channel.phoneNumberId}/${isMmlite ? 'marketing_messages' : 'messages'}`,
        headers: channel.headers,
        body,
      },
      call,
    );
    return call;
  }

  /** Ends the connections; what still runs ends as unknown. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }
}
