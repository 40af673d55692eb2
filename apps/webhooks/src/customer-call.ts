import type { Dispatcher } from 'undici';
import { failureCodeOf, isDeadConnection, type FailureCode } from './domain/failure-code';
import { ResponseCapture, type CapturedResponse } from './domain/response-capture';
import { retryAfterMs } from './domain/retry-after';

/** What the receiver said, or why it said nothing. */
export interface CallEnd {
  /** Null: the receiver answered. */
  readonly failureCode: FailureCode | null;
  readonly statusCode: number | null;
  readonly retryAfterMs: number | null;
  readonly steering: 'disable' | 'abort-message' | null;
  readonly response: CapturedResponse | null;
  /** Milliseconds of the monotonic clock at which the outcome was known; reading the body is not part of it. */
  readonly decidedMs: number;
  /** The request was written to a connection that had been used before and turned out to be dead. */
  readonly isConnectionDead: boolean;
}

export interface CallClock {
  readonly monotonicMs: () => number;
  readonly nowMs: () => number;
}

const BODY_MS_MAX = 2_000;
const RAW_HEADERS_MAX = 2 * 256;

/**
 * One request on its way, as undici's handler of it. The outcome stands with the headers; the body that is read after
 * them is bounded in bytes and time and changes nothing about it.
 */
export class CustomerCall implements Dispatcher.DispatchHandler {
  /** The connection had carried a request before. */
  isReused = false;
  private controller: Dispatcher.DispatchController | null = null;
  private timer: NodeJS.Timeout;
  private isEnded = false;
  private hasAnswerBegun = false;
  private head: Pick<CallEnd, 'statusCode' | 'retryAfterMs' | 'steering' | 'decidedMs'> | null =
    null;
  private readonly capture = new ResponseCapture();

  /** @param deadlineMs milliseconds of the monotonic clock at which the call ends, whatever it waits for */
  constructor(
    private readonly deadlineMs: number,
    private readonly clock: CallClock,
    private readonly onStart: (call: CustomerCall) => void,
    private readonly onEnd: (end: CallEnd) => void,
  ) {
    this.timer = this.endAfter(deadlineMs - clock.monotonicMs());
  }

  /** A connection is there; the request is written in the same turn, unless this throws. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isEnded) throw new Error('The call has ended.');
    this.controller = controller;
    this.onStart(this);
  }

  onResponseStarted(): void {
    this.hasAnswerBegun = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.isEnded || statusCode < 200) return;
    const { rawHeaders } = controller;
    if (Array.isArray(rawHeaders) && rawHeaders.length > RAW_HEADERS_MAX) {
      this.fail('protocol_error');
      return;
    }
    const nowMs = this.clock.monotonicMs();
    this.head = {
      statusCode,
      retryAfterMs: retryAfterMs(statusCode, headers['retry-after'], this.clock.nowMs()),
      steering: steeringOf(headers['webhook-delivery']),
      decidedMs: nowMs,
    };
    clearTimeout(this.timer);
    this.timer = this.endAfter(Math.min(BODY_MS_MAX, this.deadlineMs - nowMs));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.isEnded && !this.capture.add(chunk)) this.cutShort();
  }

  onResponseEnd(): void {
    this.answered(false);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.head) this.answered(true);
    else {
      const isConnectionDead = this.isReused && !this.hasAnswerBegun && isDeadConnection(error);
      this.fail(failureCodeOf(error), isConnectionDead);
    }
  }

  private endAfter(delayMs: number): NodeJS.Timeout {
    return setTimeout(
      () => {
        this.cutShort();
      },
      Math.max(0, delayMs),
    );
  }

  private cutShort(): void {
    if (this.head) this.answered(true);
    else this.fail('timeout');
  }

  private answered(isTruncated: boolean): void {
    if (!this.head || this.isEnded) return;
    const response = this.capture.end(isTruncated);
    this.end({ ...this.head, failureCode: null, response, isConnectionDead: false }, isTruncated);
  }

  private fail(failureCode: FailureCode, isConnectionDead = false): void {
    const end = {
      failureCode,
      statusCode: null,
      retryAfterMs: null,
      steering: null,
      response: null,
      decidedMs: this.clock.monotonicMs(),
      isConnectionDead,
    };
    this.end(end, true);
  }

  private end(end: CallEnd, isAborted: boolean): void {
    if (this.isEnded) return;
    this.isEnded = true;
    clearTimeout(this.timer);
    if (isAborted) this.controller?.abort(new Error('The call has ended.'));
    this.onEnd(end);
  }
}

function steeringOf(header: string | readonly string[] | undefined): CallEnd['steering'] {
  return header === 'disable' || header === 'abort-message' ? header : null;
}
