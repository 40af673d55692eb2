import { WATERMARK_INTERVAL_MS, recordOf, type TenancyRecord } from '@gateway/contracts';
import type { Messaging, OutboundRecord } from '@gateway/messaging';
import { metrics, type Clock, type Logger } from '@gateway/platform';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { OutboxSession, VersionedChange } from './outbox-session.store';
import type { TenancyRecords } from './tenancy-records.service';

interface RelayOptions {
  readonly records: TenancyRecords;
  readonly messaging: Pick<Messaging, 'producer' | 'brokerClock'>;
  readonly clock: Clock;
  readonly logger: Logger;
  openSession(): Promise<OutboxSession>;
  /** The topic holds nothing yet, or no longer: the first to lead here publishes everything. */
  readonly republish: boolean;
  readonly limits?: Partial<RelayLimits>;
}

interface RelayLimits {
  readonly batchMax: number;
  readonly watermarkIntervalMs: number;
  /** How often one that does not lead tries to. */
  readonly standbyIntervalMs: number;
  readonly produceTimeoutMs: number;
  /** Before what was not acknowledged is sent again. */
  readonly retryPauseMs: number;
  /** Longer than any request of a leader that is gone can stay on its way. */
  readonly echoDelayMs: number;
}

const LIMITS: RelayLimits = {
  batchMax: 500,
  watermarkIntervalMs: WATERMARK_INTERVAL_MS,
  standbyIntervalMs: 1_000,
  produceTimeoutMs: 3_000,
  retryPauseMs: 500,
  echoDelayMs: 30_000,
};

const isLeader = metrics.gauge({
  name: 'gateway_auth_relay_is_leader',
  help: '1 in the process whose relay publishes the changes of tenancy',
});
const published = metrics.counter({
  name: 'gateway_auth_published_records_total',
  help: 'Records of tenancy.changed.v1 that were acknowledged, watermarks apart',
});

/** What the leader knows. */
interface Publication {
  /** Sent again before anything new: given a version, not surely in the topic. */
  unsent: VersionedChange[];
  /** Highest version that was acknowledged, or was so before this process led. */
  version: number;
  /** Every change committed before this moment is in the topic; null: not known yet. */
  completeAtMs: number | null;
  /** By the monotonic clock. */
  nextWatermarkAtMs: number;
}

/**
 * Publishes what stands in the outbox, one relay at a time over all instances. A version is stored before its record
 * is sent and the row removed after the acknowledgement, so a crash in between sends the record again under the same
 * version, and versions have no gap.
 *
 * The watermark is sent only when nothing is left to send, and its time is the moment before the outbox was last found
 * empty. A reader that sees a fresh one has therefore seen every change up to then; while a long backlog is under way
 * readers ask this service instead.
 */
export class OutboxRelayService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly limits: RelayLimits;
  private session: OutboxSession | undefined;
  private loop: Promise<void> | undefined;
  private isStopping = false;
  private mustRepublish: boolean;

  constructor(private readonly options: RelayOptions) {
    this.limits = { ...LIMITS, ...options.limits };
    this.mustRepublish = options.republish;
  }

  onApplicationBootstrap(): void {
    this.loop ??= this.run();
  }

  /** Finishes the batch at hand and lets go of the lock. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    this.session?.interrupt();
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      try {
        this.session = await this.options.openSession();
        if (await this.hasLock(this.session)) await this.lead(this.session);
      } catch (error) {
        this.options.logger.warn({ err: error }, 'outbox.relay_interrupted');
        await new Promise((resolve) => setTimeout(resolve, this.limits.retryPauseMs));
      } finally {
        isLeader.set(0);
        this.session?.close();
        this.session = undefined;
      }
    }
  }

  /** @returns false when the process stops first */
  private async hasLock(session: OutboxSession): Promise<boolean> {
    while (!this.isStopping) {
      if (await session.tryLead()) return true;
      await session.work(this.limits.standbyIntervalMs);
    }
    return false;
  }

  private async lead(session: OutboxSession): Promise<void> {
    await session.queueEchoes(this.limits.echoDelayMs);
    const { version, unsent } = await session.unsent();
    if (this.mustRepublish) await session.queueWholeState();
    this.mustRepublish = false;
    isLeader.set(1);
    this.options.logger.info({ version, count: unsent.length }, 'outbox.relay_leads');
    const publication: Publication = { unsent, version, completeAtMs: null, nextWatermarkAtMs: 0 };
    while (!this.isStopping) {
      const isWell = await this.publish(session, publication);
      const waitMs = isWell
        ? publication.nextWatermarkAtMs - performance.now()
        : this.limits.retryPauseMs;
      await session.work(Math.max(waitMs, 0));
    }
  }

  /** @returns false when the broker did not acknowledge: what was not is sent again */
  private async publish(session: OutboxSession, publication: Publication): Promise<boolean> {
    try {
      await this.publishDue(session, publication);
      await this.forgetSessions(session, publication);
      await this.sendWatermark(publication);
      return true;
    } catch (error) {
      if (!(error instanceof NotAcknowledgedError)) throw error;
      this.options.logger.warn({ err: error.cause }, 'outbox.publish_failed');
      await session.queueEchoes(this.limits.echoDelayMs);
      return false;
    }
  }

  private async publishDue(session: OutboxSession, publication: Publication): Promise<void> {
    const { batchMax } = this.limits;
    await this.sendUnsent(session, publication);
    for (let isMore = true; isMore && !this.isStopping;) {
      const startedAtMs = this.options.messaging.brokerClock.nowMs();
      publication.unsent = await session.giveVersions(batchMax);
      isMore = publication.unsent.length === batchMax;
      await this.sendUnsent(session, publication);
      if (!isMore) publication.completeAtMs = startedAtMs;
    }
  }

  private async sendUnsent(session: OutboxSession, publication: Publication): Promise<void> {
    while (publication.unsent.length > 0) {
      const batch = publication.unsent.slice(0, this.limits.batchMax);
      const last = batch.at(-1)?.version ?? publication.version;
      await this.send(await this.options.records.of(batch));
      await session.removeUpTo(last);
      publication.unsent = publication.unsent.slice(batch.length);
      publication.version = last;
      published.inc(batch.length);
    }
  }

  /** With each watermark: removes from the topic what nobody needs to know any more. Tombstones have no version. */
  private async forgetSessions(session: OutboxSession, publication: Publication): Promise<void> {
    if (this.isStopping || performance.now() < publication.nextWatermarkAtMs) return;
    const ids = await session.forgettableSessions(this.limits.batchMax);
    if (ids.length === 0) return;
    await this.sendAll(
      ids.map((id) => ({ topic: 'tenancy.changed.v1', key: `session:${id}`, value: null })),
    );
    await session.sessionsForgotten(ids);
  }

  private async sendWatermark(publication: Publication): Promise<void> {
    const { completeAtMs, version, nextWatermarkAtMs } = publication;
    if (completeAtMs === null || this.isStopping || performance.now() < nextWatermarkAtMs) return;
    await this.send([{ kind: 'watermark', version, atMs: completeAtMs }]);
    publication.nextWatermarkAtMs = performance.now() + this.limits.watermarkIntervalMs;
  }

  /** @throws NotAcknowledgedError */
  private async send(records: readonly TenancyRecord[]): Promise<void> {
    await this.sendAll(records.map(outbound));
  }

  /** @throws NotAcknowledgedError */
  private async sendAll(records: readonly OutboundRecord[]): Promise<void> {
    const deadlineMs = this.options.clock.nowMs() + this.limits.produceTimeoutMs;
    try {
      await this.options.messaging.producer.sendAll(records, { deadlineMs });
    } catch (error) {
      throw new NotAcknowledgedError('records were not acknowledged', { cause: error });
    }
  }
}

class NotAcknowledgedError extends Error {
  override readonly name = 'NotAcknowledgedError';
}

const outbound = (record: TenancyRecord): OutboundRecord =>
  recordOf(
    'tenancy.changed.v1',
    record.kind === 'watermark' ? record.kind : `${record.kind}:${record.id}`,
    record,
  );
