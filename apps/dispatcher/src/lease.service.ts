import { isDataError, type Logger } from '@gateway/platform';
import type { InstancesStore } from './instances.store';

/** What the lease needs beside its store; times in milliseconds. */
export interface LeaseOptions {
  readonly bootId: string;
  readonly leaseMs: number;
  /** Never jumps and runs on while the process is stopped. */
  readonly monotonicMs: () => number;
  /** Unix time at which the oldest message that is still open came. */
  readonly openSinceMs: () => number;
  /** The broker's time. */
  readonly nowMs: () => number;
  readonly logger: Logger;
}

/** A slot that another instance took in the same moment is tried again. */
const SLOT_ATTEMPTS_MAX = 5;
/** What this process itself goes by ends earlier than what the others go by. */
const OWN_PART = 0.8;
const RENEW_TIMEOUT_MS = 1_000;

/**
 * This instance's sign of life in the database. While it holds, rows that it claimed are left alone by the others; once
 * it is over they may call them unknown, so that no call is begun under it any more. After a lapse (a stopped process,
 * a database that was gone) the lease comes back with a new epoch: what was claimed under the old one and not yet
 * called never is.
 */
export class LeaseService {
  private validUntilMs = Number.NEGATIVE_INFINITY;
  private currentEpoch = 0;
  private epochSinceMs = Number.POSITIVE_INFINITY;
  private currentSlot = 0;
  private renewedMs = Number.NEGATIVE_INFINITY;
  private renewing: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly instances: InstancesStore,
    private readonly options: LeaseOptions,
  ) {}

  get bootId(): string {
    return this.options.bootId;
  }

  get epoch(): number {
    return this.currentEpoch;
  }

  /** 0 to 999; no other instance has it while the lease holds. */
  get slot(): number {
    return this.currentSlot;
  }

  /** Broker's time at which the store confirmed the lease last. */
  get renewedAtMs(): number {
    return this.renewedMs;
  }

  get isValid(): boolean {
    return this.options.monotonicMs() < this.validUntilMs;
  }

  /**
   * Whether others whose lease is over may be judged by it: after a database that was gone for all, everybody had the
   * time to come back.
   */
  get isSettled(): boolean {
    return this.isValid && this.options.monotonicMs() - this.epochSinceMs >= this.options.leaseMs;
  }

  /** Whether what was claimed under this epoch may still be called. */
  holds(epoch: number): boolean {
    return epoch === this.currentEpoch && this.isValid;
  }

  /** Registers the instance and prolongs its lease from then on. */
  async start(): Promise<void> {
    await this.renew();
    this.timer = setInterval(() => {
      this.renew().catch((error: unknown) => {
        this.options.logger.warn({ err: error, bootId: this.bootId }, 'lease.not-renewed');
      });
    }, this.options.leaseMs / 4);
  }

  /** @throws the store's error; the lease then ends by itself */
  renew(): Promise<void> {
    this.renewing ??= this.attempt().finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  /** Ends the lease; nothing may be open. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.renewing?.catch(() => undefined);
    this.validUntilMs = Number.NEGATIVE_INFINITY;
    await this.instances.leave(this.bootId).catch((error: unknown) => {
      this.options.logger.warn({ err: error, bootId: this.bootId }, 'lease.not-left');
    });
  }

  /** Stops without a word, as a killed process would. */
  abandon(): void {
    clearInterval(this.timer);
  }

  private async attempt(): Promise<void> {
    const { leaseMs, monotonicMs, openSinceMs } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      // Counted from before the statement, and shorter than what the others go by.
      const fromMs = monotonicMs();
      try {
        this.currentSlot = await this.instances.renew(this.bootId, {
          leaseMs,
          openSinceMs: openSinceMs(),
          timeoutMs: RENEW_TIMEOUT_MS,
        });
      } catch (error) {
        if (attempt < SLOT_ATTEMPTS_MAX && isDataError(error)) continue;
        throw error;
      }
      // Looked at only now: a process that was stopped while it asked has lost its lease all the same.
      if (!this.isValid) {
        this.currentEpoch += 1;
        this.epochSinceMs = fromMs;
      }
      this.validUntilMs = fromMs + leaseMs * OWN_PART;
      this.renewedMs = this.options.nowMs();
      return;
    }
  }
}
