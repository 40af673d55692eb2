/** A request that waits for its outcome. Times are local Unix milliseconds. */
export interface Waiting {
  readonly messageId: string;
  readonly appId: string;
  readonly partition: number;
  readonly startedAtMs: number;
  /** When it is taken back if it has not left the local queue of the producer. */
  readonly takeBackAtMs: number;
  /** When waiting for an outcome ends; known once the record is acknowledged or given up. */
  expiresAtMs: number;
}

export interface InFlightBounds {
  readonly perAppMax: number;
  readonly totalMax: number;
}

/**
 * Everything that waits, bounded for each app and in all, in the orders that one sweep needs: no timer for a message.
 * A request is first in the local queue of the producer, then awaits its outcome; until the dispatcher reports its
 * call as running it is silent, which is what a breaker looks at.
 */
export class InFlight<W extends Waiting> {
  private readonly queued = new Set<W>();
  /** Oldest first, as sets keep the order of insertion. */
  private readonly all = new Set<W>();
  private readonly awaiting = new Set<W>();
  private readonly silentByPartition = new Map<number, Set<W>>();
  private readonly countByApp = new Map<string, number>();

  constructor(private readonly bounds: InFlightBounds) {}

  get size(): number {
    return this.all.size;
  }

  has(waiting: W): boolean {
    return this.all.has(waiting);
  }

  hasRoom(appId: string): boolean {
    return (
      this.all.size < this.bounds.totalMax &&
      (this.countByApp.get(appId) ?? 0) < this.bounds.perAppMax
    );
  }

  add(waiting: W): void {
    this.all.add(waiting);
    this.countByApp.set(waiting.appId, (this.countByApp.get(waiting.appId) ?? 0) + 1);
    this.queued.add(waiting);
    const silent = this.silentByPartition.get(waiting.partition);
    if (silent) silent.add(waiting);
    else this.silentByPartition.set(waiting.partition, new Set([waiting]));
  }

  remove(waiting: W): void {
    this.all.delete(waiting);
    this.queued.delete(waiting);
    this.awaiting.delete(waiting);
    this.silentByPartition.get(waiting.partition)?.delete(waiting);
    const count = (this.countByApp.get(waiting.appId) ?? 0) - 1;
    if (count > 0) this.countByApp.set(waiting.appId, count);
    else this.countByApp.delete(waiting.appId);
  }

  /** The producer has put the record into a request: it cannot be taken back any more. */
  handOver(waiting: W): void {
    this.queued.delete(waiting);
  }

  /** The record is acknowledged or given up: its outcome is awaited until `expiresAtMs`. */
  awaitOutcome(waiting: W, expiresAtMs: number): void {
    waiting.expiresAtMs = expiresAtMs;
    this.queued.delete(waiting);
    this.awaiting.add(waiting);
  }

  reportedRunning(waiting: W): void {
    this.silentByPartition.get(waiting.partition)?.delete(waiting);
  }

  /** Requests that are in the local queue and should not be any longer. */
  queuedTooLong(nowMs: number): W[] {
    return [...this.queued].filter((waiting) => waiting.takeBackAtMs <= nowMs);
  }

  /** Everything that began at `atMs` or earlier, oldest first. */
  startedBefore(atMs: number): W[] {
    return headOf(this.all, (waiting) => waiting.startedAtMs <= atMs);
  }

  /** Requests whose time to wait for an outcome is over. */
  expired(nowMs: number): W[] {
    return headOf(this.awaiting, (waiting) => waiting.expiresAtMs <= nowMs);
  }

  /** Since when the oldest request of a partition that is not reported running waits. */
  oldestSilentSinceMs(partition: number): number | undefined {
    const silent = this.silentByPartition.get(partition);
    if (!silent) return undefined;
    const oldest = silent.values().next();
    return oldest.done ? undefined : oldest.value.startedAtMs;
  }
}

function headOf<W>(ordered: ReadonlySet<W>, isDue: (waiting: W) => boolean): W[] {
  const head: W[] = [];
  for (const waiting of ordered) {
    if (!isDue(waiting)) break;
    head.push(waiting);
  }
  return head;
}
