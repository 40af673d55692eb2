import { EndpointLane, type CallEnd, type EndpointShare } from './endpoint-lane';
import { FIRST_LANE, type Job } from './job';

export interface LaneLimits {
  /** Calls that run at once in this process. */
  readonly slotsMax: number;
  /** This process' part of what one endpoint may get. */
  readonly endpoint: EndpointShare;
  /** Jobs and payload bytes that wait here. */
  readonly queuedMax: number;
  readonly queuedBytesMax: number;
}

/** Of the slots; the rest is kept for first attempts. */
const RETRY_SLOTS_SHARE = 0.5;
/** Of the slots, for all endpoints of one organization. */
const TENANT_SLOTS_SHARE = 0.25;
/** What is known of idle endpoints is forgotten beyond this many. */
const IDLE_ENDPOINTS_MAX = 10_000;

/**
 * Which delivery goes next: first attempts before retries before replays, round and round over the endpoints, each with
 * a bound on what runs at once and on its rate, each organization with a bound on its slots. So one that hangs, or is
 * dead, holds back nobody else.
 */
export class DeliveryLanes {
  private readonly endpoints = new Map<string, EndpointLane>();
  /** Those for which something waits, in the order of their turns. */
  private readonly turns = new Map<string, EndpointLane>();
  private readonly runningByTenant = new Map<string, number>();
  private share: EndpointShare;
  private runningRetries = 0;
  private queuedBytes = 0;
  running = 0;
  queued = 0;
  /** When a rate allows the next one of those that wait; Infinity for none of them. */
  wakeAtMs = Infinity;

  constructor(private readonly limits: LaneLimits) {
    this.share = limits.endpoint;
  }

  /** The bounds of an endpoint hold over all instances together. */
  setShare(share: EndpointShare): void {
    this.share = share;
    for (const endpoint of this.endpoints.values()) endpoint.setShare(share);
  }

  /** How many jobs more may be taken for any endpoint, and bytes. */
  get room(): { readonly jobs: number; readonly bytes: number } {
    return {
      jobs: Math.max(0, this.limits.queuedMax - this.queued),
      bytes: Math.max(0, this.limits.queuedBytesMax - this.queuedBytes),
    };
  }

  /** How many jobs more may be taken for one endpoint; null: nothing is known of it. */
  roomOf(endpointId: string): number | null {
    return this.endpoints.get(endpointId)?.room ?? null;
  }

  /** Of the endpoints that are busy. */
  *rooms(): Iterable<readonly [endpointId: string, room: number]> {
    for (const [endpointId, lane] of this.endpoints) {
      if (lane.queued + lane.running > 0) yield [endpointId, lane.room];
    }
  }

  add(job: Job, nowMs: number): void {
    let endpoint = this.endpoints.get(job.endpointId);
    if (!endpoint) {
      endpoint = new EndpointLane(job.orgId, this.share, nowMs);
      this.endpoints.set(job.endpointId, endpoint);
      this.forgetIdle();
    }
    endpoint.add(job);
    this.turns.set(job.endpointId, endpoint);
    this.queued += 1;
    this.queuedBytes += job.payload.length;
  }

  /** Takes the next job to send; null when none may run now, see `wakeAtMs`. */
  next(nowMs: number): Job | null {
    this.wakeAtMs = Infinity;
    if (this.running >= this.limits.slotsMax) return null;
    const isRetryAllowed = this.runningRetries < this.limits.slotsMax * RETRY_SLOTS_SHARE;
    for (const [endpointId, endpoint] of this.turns) {
      if (this.isTenantFull(endpoint.orgId)) continue;
      const next = endpoint.next(nowMs, isRetryAllowed);
      if (typeof next === 'number') {
        this.wakeAtMs = Math.min(this.wakeAtMs, next);
        continue;
      }
      this.turns.delete(endpointId);
      if (endpoint.queued > 0) this.turns.set(endpointId, endpoint);
      this.started(next);
      return next;
    }
    return null;
  }

  ended(job: Job, end: CallEnd): void {
    this.endpoints.get(job.endpointId)?.ended(job, end);
    this.running -= 1;
    if (job.lane !== FIRST_LANE) this.runningRetries -= 1;
    const running = (this.runningByTenant.get(job.orgId) ?? 1) - 1;
    if (running > 0) this.runningByTenant.set(job.orgId, running);
    else this.runningByTenant.delete(job.orgId);
  }

  /** Takes out what waits for an endpoint: it may not be sent now. */
  removeOf(endpointId: string): Job[] {
    const endpoint = this.endpoints.get(endpointId);
    return endpoint ? this.remove(endpointId, endpoint, () => true) : [];
  }

  /** Takes out what waits behind a delivery of the same message: given back, that one comes first again. */
  removeBehind({ endpointId, orderKey }: Job): Job[] {
    const endpoint = this.endpoints.get(endpointId);
    return endpoint ? this.remove(endpointId, endpoint, (job) => job.orderKey === orderKey) : [];
  }

  /** Takes out what was taken before a moment and did not get its turn, with what is behind it of the same message. */
  removeTakenBefore(takenAtMs: number): Job[] {
    return [...this.turns].flatMap(([endpointId, endpoint]) => {
      const keys = endpoint.keysTakenBefore(takenAtMs);
      return keys.size === 0
        ? []
        : this.remove(endpointId, endpoint, ({ orderKey }) => keys.has(orderKey));
    });
  }

  private remove(
    endpointId: string,
    endpoint: EndpointLane,
    isRemoved: (job: Job) => boolean,
  ): Job[] {
    const removed = endpoint.remove(isRemoved);
    if (endpoint.queued === 0) this.turns.delete(endpointId);
    this.queued -= removed.length;
    for (const { payload } of removed) this.queuedBytes -= payload.length;
    return removed;
  }

  private started(job: Job): void {
    this.queued -= 1;
    this.queuedBytes -= job.payload.length;
    this.running += 1;
    if (job.lane !== FIRST_LANE) this.runningRetries += 1;
    this.runningByTenant.set(job.orgId, (this.runningByTenant.get(job.orgId) ?? 0) + 1);
  }

  private isTenantFull(orgId: string): boolean {
    const slotsMax = Math.max(1, Math.floor(this.limits.slotsMax * TENANT_SLOTS_SHARE));
    return (this.runningByTenant.get(orgId) ?? 0) >= slotsMax;
  }

  private forgetIdle(): void {
    if (this.endpoints.size <= IDLE_ENDPOINTS_MAX) return;
    for (const [endpointId, { queued, running }] of this.endpoints) {
      if (queued + running > 0) continue;
      this.endpoints.delete(endpointId);
      return;
    }
  }
}
