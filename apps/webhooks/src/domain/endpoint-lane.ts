import { FIRST_LANE, REPLAY_LANE, RETRY_LANE, type Job, type Lane } from './job';
import { Pace } from './pace';

/** `none`: it was not made. */
export type CallEnd = 'success' | 'failure' | 'timeout' | 'none';

/** What all instances together may do at one endpoint, as this one's part of it. */
export interface EndpointShare {
  readonly concurrencyMax: number;
  readonly ratePerSecond: number;
}

const LANES: readonly Lane[] = [FIRST_LANE, RETRY_LANE, REPLAY_LANE];
/** An endpoint that nothing is known of gets this many calls at once; it earns more by answering. */
const CONCURRENCY_START = 4;
/** Replays take this part of an endpoint's rate, and of the calls that may run at once: the rest stays free for events. */
const REPLAY_SHARE = 0.2;
/** Of the room; what is replayed and waits here keeps no event out of the rest. */
const REPLAY_ROOM_SHARE = 0.5;
/** Queued for each call that may run at once: what a slow endpoint surely works off within a lease. */
const QUEUED_PER_CALL = 10;

/** What waits for one endpoint, and how much of it may run at once. */
export class EndpointLane {
  private readonly queues = new Map<Lane, Job[]>(LANES.map((lane) => [lane, []]));
  private readonly busyKeys = new Set<string>();
  private readonly pace: Pace;
  private readonly replayPace: Pace;
  private concurrency: number;
  private runningReplays = 0;
  queued = 0;
  running = 0;

  constructor(
    readonly orgId: string,
    private share: EndpointShare,
    nowMs: number,
  ) {
    this.concurrency = Math.min(CONCURRENCY_START, share.concurrencyMax);
    this.pace = new Pace(share.ratePerSecond, nowMs);
    this.replayPace = new Pace(share.ratePerSecond * REPLAY_SHARE, nowMs);
  }

  setShare(share: EndpointShare): void {
    this.share = share;
    this.concurrency = Math.min(this.concurrency, share.concurrencyMax);
    this.pace.ratePerSecond = share.ratePerSecond;
    this.replayPace.ratePerSecond = share.ratePerSecond * REPLAY_SHARE;
  }

  /** How many more it should be given. */
  get room(): number {
    const all = this.concurrency * QUEUED_PER_CALL;
    const replays = this.queues.get(REPLAY_LANE)?.length ?? 0;
    const events = this.queued - replays;
    return Math.max(
      0,
      all - events - Math.min(replays, Math.floor(all * REPLAY_ROOM_SHARE)) - this.running,
    );
  }

  add(job: Job): void {
    this.queues.get(job.lane)?.push(job);
    this.queued += 1;
  }

  /**
   * Takes the next job that may run.
   *
   * @param isRetryAllowed whether there is room for others than first attempts
   * @returns the job; or when to ask again, Infinity for not before something ends
   */
  next(nowMs: number, isRetryAllowed: boolean): Job | number {
    if (this.running >= this.concurrency) return Infinity;
    const readyAtMs = this.pace.readyAtMs(nowMs);
    let wakeAtMs = Infinity;
    for (const lane of LANES) {
      if (lane !== FIRST_LANE && !isRetryAllowed) break;
      if (lane === REPLAY_LANE && this.runningReplays >= this.replaysMax) break;
      const index = this.runnableIndex(lane);
      if (index < 0) continue;
      const atMs =
        lane === REPLAY_LANE ? Math.max(readyAtMs, this.replayPace.readyAtMs(nowMs)) : readyAtMs;
      if (atMs <= nowMs) return this.start(lane, index);
      wakeAtMs = Math.min(wakeAtMs, atMs);
    }
    return wakeAtMs;
  }

  /** Answers make room for more calls at once; an endpoint that lets us wait gets one at a time. */
  ended(job: Job, end: CallEnd): void {
    this.running -= 1;
    if (job.lane === REPLAY_LANE) this.runningReplays -= 1;
    this.busyKeys.delete(job.orderKey);
    if (end === 'success') {
      this.concurrency = Math.min(this.share.concurrencyMax, this.concurrency + 1);
    } else if (end !== 'none') {
      this.concurrency = end === 'timeout' ? 1 : Math.max(1, Math.floor(this.concurrency / 2));
    }
  }

  /** Keys of which something waits that was taken before a moment. */
  keysTakenBefore(takenAtMs: number): ReadonlySet<string> {
    const waiting = [...this.queues.values()].flat();
    return new Set(
      waiting.filter((job) => job.takenAtMs < takenAtMs).map(({ orderKey }) => orderKey),
    );
  }

  /** Takes out what waits and meets the condition. */
  remove(isRemoved: (job: Job) => boolean): Job[] {
    const removed: Job[] = [];
    for (const [lane, queue] of this.queues) {
      const [out, kept] = [queue.filter(isRemoved), queue.filter((job) => !isRemoved(job))];
      removed.push(...out);
      this.queues.set(lane, kept);
    }
    this.queued -= removed.length;
    return removed;
  }

  private runnableIndex(lane: Lane): number {
    return this.queues.get(lane)?.findIndex(({ orderKey }) => !this.busyKeys.has(orderKey)) ?? -1;
  }

  private start(lane: Lane, index: number): Job | number {
    const [job] = this.queues.get(lane)?.splice(index, 1) ?? [];
    if (!job) return Infinity;
    this.queued -= 1;
    this.running += 1;
    this.busyKeys.add(job.orderKey);
    this.pace.take();
    if (lane === REPLAY_LANE) {
      this.runningReplays += 1;
      this.replayPace.take();
    }
    return job;
  }

  private get replaysMax(): number {
    return Math.max(1, Math.floor(this.concurrency * REPLAY_SHARE));
  }
}
