import { SealError, metrics, type Logger } from '@gateway/platform';
import type { CustomerAnswer, CustomerClient } from './customer.client';
import { deliveryRequest } from './delivery-request';
import type { DeliveryLanes } from './domain/delivery-lanes';
import type { CallEnd } from './domain/endpoint-lane';
import { withoutSecrets } from './domain/echoed-secrets';
import type { Job } from './domain/job';
import { verdictOf } from './domain/verdict';
import type { EndpointsService, LoadedEndpoint } from './endpoints.service';
import { webhookIdOf } from './event-identity';
import type { HealthService } from './health.service';
import type { JobsStore } from './jobs.store';
import type { ResultsService } from './results.service';

export interface DeliveryOptions {
  readonly lanes: DeliveryLanes;
  readonly endpoints: EndpointsService;
  readonly client: Pick<CustomerClient, 'post'>;
  readonly jobs: JobsStore;
  readonly results: ResultsService;
  readonly health: HealthService;
  readonly timeoutMs: number;
  readonly leaseMs: number;
  /** Unix milliseconds, corrected by the broker's clock: receivers compare it with theirs. */
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly logger: Logger;
}

/** Results that wait for the store, above which nothing more is sent: it could not be recorded in time. */
const UNRECORDED_MAX = 2_000;
/** A delivery that was not started in this part of its lease is given back. */
const START_SHARE = 0.5;
/** An endpoint whose secrets do not open is our own fault: it is not hurried. */
const UNREADABLE_DELAY_MS = 60_000;

const attempts = metrics.counter({
  name: 'gw_webhooks_attempts_total',
  help: 'Attempts at customers, by what came of them.',
  labels: ['code'],
});
const latency = metrics.histogram({
  name: 'gw_webhooks_delivered_seconds',
  help: "From the event's arrival to the customer's 2xx, retries and waiting included.",
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600, 86_400],
});

/** Sends what was taken: each call within its deadline, and what came of it recorded. */
export class DeliveryService {
  private readonly releases: { job: Job; delayMs: number }[] = [];
  private readonly releasing = new Set<Promise<void>>();
  /** Keys of deliveries on their way back to the schedule. */
  private readonly leaving = new Map<string, number>();
  private readonly suspects = new Set<string>();
  private lastTurn: Promise<unknown> = Promise.resolve();
  private lastTake: Promise<void> = Promise.resolve();
  private takesWaiting = 0;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private idleWaiters: (() => void)[] = [];
  /** Called when there is room for more. */
  onRoom: () => void = () => undefined;

  constructor(private readonly options: DeliveryOptions) {
    options.endpoints.onClosed = (endpointId) => {
      this.giveBack(options.lanes.removeOf(endpointId));
    };
  }

  /**
   * Runs a statement that takes deliveries, and queues what it took before the next one begins: of two at once the
   * answers may come in another order than the database gave the deliveries of one message out.
   */
  takeInTurn(statement: () => Promise<readonly Job[]>): Promise<void> {
    const turn = this.lastTurn.then(async () => {
      this.take(await statement());
    });
    // Whoever asked for it hears of its failure; the next one's turn it is all the same.
    this.lastTurn = turn.catch(() => undefined);
    return turn;
  }

  /** Puts what this instance has taken in its lanes, as soon as its endpoints are known; nothing is awaited. */
  take(jobs: readonly Job[]): void {
    if (jobs.length === 0) return;
    for (const { deliveryId, isSuspect } of jobs) if (isSuspect) this.suspects.add(deliveryId);
    const { endpoints } = this.options;
    const needed = new Map(jobs.map(({ endpointId, revision }) => [endpointId, revision]));
    const isKnown = [...needed].every(
      ([id, revision]) => (endpoints.get(id)?.row.revision ?? -1) >= revision,
    );
    if (isKnown && this.takesWaiting === 0) {
      this.add(jobs);
      return;
    }
    // What was taken first is added first, whichever endpoint is loaded first.
    const loaded = (isKnown ? Promise.resolve() : endpoints.ensure(needed)).then(
      () => true,
      (error: unknown) => {
        this.options.logger.warn(
          { err: error, records: jobs.length },
          'delivery.endpoints-unknown',
        );
        return false;
      },
    );
    this.takesWaiting += 1;
    this.lastTake = this.lastTake.then(async () => {
      const isUsable = await loaded;
      this.takesWaiting -= 1;
      if (isUsable) this.add(jobs);
      else this.giveBack(jobs);
    });
  }

  private add(jobs: readonly Job[]): void {
    const { lanes, monotonicMs } = this.options;
    for (const job of jobs) {
      if (this.isLeaving(job.orderKey)) this.giveBack([job]);
      else lanes.add(job, monotonicMs());
    }
    this.pump();
  }

  /** An earlier delivery of the key is being given back, and comes first: nothing of it may be taken meanwhile. */
  isLeaving(orderKey: string): boolean {
    return this.leaving.has(orderKey);
  }

  /** Whether one is here that was in the hands of more than one instance that died. */
  get hasSuspect(): boolean {
    return this.suspects.size > 0;
  }

  /** Starts what may run. */
  pump(): void {
    const { lanes, results, monotonicMs } = this.options;
    while (!this.isStopped && results.pending < UNRECORDED_MAX) {
      const job = lanes.next(monotonicMs());
      if (!job) break;
      void this.send(job);
    }
    this.sleepUntil(lanes.wakeAtMs);
  }

  /** Gives back what waits too long here: another instance may be freer, and a lease must outlast its call. */
  giveBackStale(): void {
    const { lanes, monotonicMs, leaseMs } = this.options;
    this.giveBack(lanes.removeTakenBefore(monotonicMs() - leaseMs * START_SHARE));
  }

  /** Starts nothing more, gives back what waits, and lets what runs end. */
  async stop(): Promise<void> {
    const { lanes, results, health } = this.options;
    this.isStopped = true;
    results.hurry();
    clearTimeout(this.timer);
    this.giveBack(lanes.removeTakenBefore(Infinity));
    if (lanes.running > 0) await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
    // What was given back in this turn is on its way in the next one.
    await new Promise(setImmediate);
    await Promise.all(this.releasing);
    await results.drained();
    await health.drained();
  }

  private async send(job: Job): Promise<void> {
    const endpoint = this.options.endpoints.get(job.endpointId);
    const ageMs = this.options.monotonicMs() - job.takenAtMs;
    if (!endpoint?.isOpen() || ageMs > this.options.leaseMs * START_SHARE) {
      this.ended(job, 'none', 0);
      return;
    }
    const startedAtMs = this.options.nowMs();
    try {
      const answer = await this.call(job, endpoint, startedAtMs);
      this.judge(job, answer, startedAtMs);
    } catch (error) {
      this.options.logger.error({ err: error, attempt: job.attempt }, 'delivery.not-sent');
      this.ended(job, 'none', error instanceof SealError ? UNREADABLE_DELAY_MS : 0);
    }
  }

  private async call(job: Job, endpoint: LoadedEndpoint, nowMs: number): Promise<CustomerAnswer> {
    const opened = endpoint.opened();
    const request = deliveryRequest({
      endpoint: opened,
      webhookId: webhookIdOf(job.eventId),
      timestampS: Math.floor(nowMs / 1_000),
      payload: job.payload,
      messageId: job.messageId,
      nowMs,
    });
    const { timeoutMs, client } = this.options;
    const answer = await client.post({ ...request, deadlineMs: timeoutMs });
    if (answer.response === null || answer.response.body === '') return answer;
    const secrets = [opened.bearerSecret, ...Object.values(opened.headers)];
    return { ...answer, response: withoutSecrets(answer.response, secrets) };
  }

  private judge(job: Job, answer: CustomerAnswer, startedAtMs: number): void {
    // Our own end, not the customer's failure: nothing is spent.
    if (answer.code === 'interrupted') {
      this.ended(job, 'none', 0);
      return;
    }
    const { results, health, random, monotonicMs } = this.options;
    const verdict = verdictOf(answer, job.failures, random());
    const { durationMs, code, statusCode, response } = answer;
    const { deliveryId, claimId, eventAtMs } = job;
    const attempt = { startedAtMs, durationMs, code, statusCode, response };
    const { state, delayMs } = verdict;
    results.record({ deliveryId, claimId, eventAtMs, ...attempt, state, delayMs }, () => {
      attempts.inc({ code });
      if (answer.isDelivered) latency.observe((monotonicMs() - job.bornAtMs) / 1_000);
      health.observe(job.endpointId, !answer.isDelivered);
      if (verdict.disabling !== null) this.disable(job.endpointId, verdict.disabling);
    });
    this.ended(job, endOf(answer), null);
  }

  private disable(endpointId: string, reason: 'gone' | 'asked_by_receiver'): void {
    this.giveBack(this.options.lanes.removeOf(endpointId));
    this.options.health.disable(endpointId, reason).catch((error: unknown) => {
      // It says so again at the next event.
      this.options.logger.warn({ err: error, reason }, 'endpoint.not-disabled');
    });
  }

  /** @param releasedForMs null when its result is being recorded */
  private ended(job: Job, end: CallEnd, releasedForMs: number | null): void {
    const { lanes } = this.options;
    lanes.ended(job, end);
    this.suspects.delete(job.deliveryId);
    if (releasedForMs !== null) this.giveBack([job, ...lanes.removeBehind(job)], releasedForMs);
    if (lanes.running === 0) for (const resolve of this.idleWaiters.splice(0)) resolve();
    // What runs next must not grow the stack.
    queueMicrotask(() => {
      this.pump();
      if (!this.isStopped) this.onRoom();
    });
  }

  /** Gives deliveries back in one statement for all that come in this turn. */
  private giveBack(jobs: readonly Job[], delayMs = 0): void {
    if (jobs.length === 0) return;
    if (this.releases.length === 0) {
      queueMicrotask(() => {
        for (const [each, released] of byDelay(this.releases.splice(0))) {
          this.release(released, each);
        }
      });
    }
    for (const { deliveryId, orderKey } of jobs) {
      this.suspects.delete(deliveryId);
      this.leaving.set(orderKey, (this.leaving.get(orderKey) ?? 0) + 1);
    }
    this.releases.push(...jobs.map((job) => ({ job, delayMs })));
  }

  private release(jobs: readonly Job[], delayMs: number): void {
    const released = this.options.jobs
      .release(jobs, delayMs)
      .catch((error: unknown) => {
        // Their lease gives them back.
        this.options.logger.warn({ err: error, records: jobs.length }, 'delivery.not-given-back');
      })
      .finally(() => {
        this.releasing.delete(released);
        for (const { orderKey } of jobs) this.left(orderKey);
      });
    this.releasing.add(released);
  }

  private left(orderKey: string): void {
    const others = (this.leaving.get(orderKey) ?? 1) - 1;
    if (others > 0) this.leaving.set(orderKey, others);
    else this.leaving.delete(orderKey);
  }

  private sleepUntil(wakeAtMs: number): void {
    clearTimeout(this.timer);
    if (this.isStopped || wakeAtMs === Infinity) return;
    this.timer = setTimeout(
      () => {
        this.pump();
      },
      Math.max(1, wakeAtMs - this.options.monotonicMs()),
    );
  }
}

const endOf = ({ isDelivered, code }: CustomerAnswer): CallEnd => {
  if (isDelivered) return 'success';
  return code === 'timeout' ? 'timeout' : 'failure';
};

function byDelay(releases: readonly { job: Job; delayMs: number }[]): Map<number, Job[]> {
  const groups = new Map<number, Job[]>();
  for (const { job, delayMs } of releases) {
    const group = groups.get(delayMs);
    if (group) group.push(job);
    else groups.set(delayMs, [job]);
  }
  return groups;
}
