import { withCallbackData } from '@gateway/contracts';
import type { BrokerClock } from '@gateway/messaging';
import { metrics } from '@gateway/platform';
import { NOT_SENT, UNREACHABLE, type Verdict } from './domain/verdict';
import type { LeaseService } from './lease.service';
import type { MetaCall, MetaCallEnd, MetaClient } from './meta.client';
import type { OutgoingMessage } from './outgoing-message';

export interface CallsOptions {
  /** Milliseconds that Meta's answer is awaited. */
  readonly timeoutMs: number;
  readonly brokerClock: BrokerClock;
  readonly monotonicMs: () => number;
}

interface RunningCall {
  readonly message: OutgoingMessage;
  readonly body: Buffer;
  readonly startedMs: number;
  readonly onEnd: (verdict: Verdict, wasMade: boolean) => void;
  attempt: number;
  call: MetaCall | null;
}

const REPORT_AFTER_MS = 1_000;
/** What surely reached nobody is tried again, a little. */
const ATTEMPTS_MAX = 3;
const ATTEMPT_PAUSE_MS = 100;

const duration = metrics.histogram({
  name: 'gw_meta_call_duration_seconds',
  help: "Time from the start of a call to Meta to its end, by the message's state after it.",
  labels: ['state'],
});

/** Calls to Meta from their start to a verdict: time limits, the report of slow ones, retries of what reached nobody. */
export class CallsService {
  /** In order of their start. */
  private readonly running = new Set<RunningCall>();

  constructor(
    private readonly meta: MetaClient,
    private readonly lease: LeaseService,
    private readonly options: CallsOptions,
  ) {}

  get runningCount(): number {
    return this.running.size;
  }

  /** Calls Meta for a claimed message; `onEnd` gets the verdict, and whether anything may have reached Meta. */
  start(message: OutgoingMessage, onEnd: RunningCall['onEnd']): void {
    const body = message.isRead ? message.body : withCallbackData(message.body, message.messageId);
    const startedMs = this.options.monotonicMs();
    const running = { message, body, startedMs, onEnd, attempt: 0, call: null };
    this.running.add(running);
    this.attempt(running);
  }

  /** Reports calls that last, and ends those whose time is over; `onSlow` gets each slow one, again and again. */
  sweep(onSlow: (message: OutgoingMessage) => void): void {
    const nowMs = this.options.monotonicMs();
    for (const running of this.running) {
      const ageMs = nowMs - running.startedMs;
      if (ageMs < REPORT_AFTER_MS) return;
      onSlow(running.message);
      const isOver = ageMs >= this.options.timeoutMs;
      if (isOver || (!this.isDue(running.message) && running.call?.isBegun !== true)) {
        running.call?.abandon();
      }
    }
  }

  private attempt(running: RunningCall): void {
    const { message, body } = running;
    const { channel, messageId, isRead, isMmlite } = message;
    running.attempt += 1;
    if (!channel) {
      this.end(running, NOT_SENT, false);
      return;
    }
    const mayBegin = () => this.isDue(message) && this.lease.holds(message.leaseEpoch);
    running.call = this.meta.send(
      { messageId, isRead, isMmlite, channel, body, mayBegin },
      (end) => {
        this.attempted(running, end);
      },
    );
  }

  private attempted(running: RunningCall, end: MetaCallEnd): void {
    if (end.kind === 'ended') this.end(running, end.verdict, true);
    else if (end.kind === 'not-begun') this.end(running, NOT_SENT, false);
    else if (running.attempt >= ATTEMPTS_MAX || !this.isDue(running.message)) {
      this.end(running, UNREACHABLE, false);
    } else {
      running.call = null;
      setTimeout(() => {
        this.attempt(running);
      }, ATTEMPT_PAUSE_MS * running.attempt);
    }
  }

  private isDue(message: OutgoingMessage): boolean {
    return this.options.brokerClock.nowMs() < message.deadlineMs;
  }

  private end(running: RunningCall, verdict: Verdict, wasMade: boolean): void {
    this.running.delete(running);
    const seconds = (this.options.monotonicMs() - running.startedMs) / 1_000;
    duration.observe({ state: verdict.state }, seconds);
    running.onEnd(verdict, wasMade);
  }
}
