import type {
  ApplicationContext,
  CommandReply,
  CommandRequest,
  DeliveryRecord,
  ReplayRecord,
} from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import type { ChangesService, OnceCommand } from './changes.service';
import type { ClaimsService } from './claims.service';
import type { AttemptRow, DeliveriesStore, DeliveryRow, ResendableRow } from './deliveries.store';
import type { DeliveryService } from './delivery.service';
import { FIRST_LANE, type Job } from './domain/job';
import { deliveriesPageOf, idOf, replayRangeOf } from './domain/requests';
import type { EndpointsStore } from './endpoints.store';
import { webhookIdOf } from './event-identity';
import type { ReplayRow, ReplaysStore } from './replays.store';

export interface DeliveryCommandsOptions {
  readonly store: DeliveriesStore;
  readonly replays: ReplaysStore;
  readonly endpoints: EndpointsStore;
  readonly changes: ChangesService;
  readonly claims: ClaimsService;
  readonly deliveries: DeliveryService;
  readonly retentionDays: number;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
}

const DAY_MS = 86_400_000;
/** A replay goes back this far at most, however long events are kept. */
const REPLAY_DAYS_MAX = 30;

/** What an owner does with deliveries: looks at them, has one sent again, has a range of time sent again. */
export class DeliveryCommandsService {
  constructor(private readonly options: DeliveryCommandsOptions) {}

  async list(
    application: ApplicationContext,
    request: CommandRequest<'webhooks', 'deliveries.list'>,
  ): Promise<CommandReply<'webhooks', 'deliveries.list'>> {
    const page = deliveriesPageOf({ ...request });
    const { rows, attempts, totalCount } = await this.options.store.list(application, page);
    const deliveries = rows.map((row) =>
      recordOf(
        row,
        attempts.filter(({ deliveryId }) => deliveryId === row.id),
      ),
    );
    return { deliveries, totalCount };
  }

  /**
   * Sends one again at once, with the same id, whatever became of it; a retry that it waited for is replaced.
   * @throws AppError GW_404, or GW_011 while an attempt runs or the endpoint is not active
   */
  async resend(
    command: OnceCommand<DeliveryRecord>,
    application: ApplicationContext,
    request: CommandRequest<'webhooks', 'deliveries.resend'>,
  ): Promise<Buffer> {
    const id = idOf(request.deliveryId);
    const { store, changes, claims, deliveries, monotonicMs } = this.options;
    const claim = claims.newClaim();
    let job: Job | undefined;
    const by = { application, userId: request.userId };
    const sealed = await changes.commitOnce(command, by, async ({ manager, audit }) => {
      const row = await store.lock(manager, application.appId, id);
      refuseResend(row);
      const attempt = await store.takeForResend(manager, row, claim);
      await audit('webhook.delivery_resent', id);
      job = jobOf(row, application.orgId, attempt, claim.claimId, monotonicMs());
      const attempts = await store.attemptsOf(manager, [row]);
      return recordOf({ ...row, state: 'pending', nextAttemptAt: null }, attempts);
    });
    if (job) deliveries.take([job]);
    return sealed;
  }

  /** @throws AppError GW_003, GW_404 without an endpoint, GW_011 when it is not active or another replay runs */
  async createReplay(
    command: OnceCommand<ReplayRecord>,
    application: ApplicationContext,
    request: CommandRequest<'webhooks', 'replays.create'>,
  ): Promise<Buffer> {
    const { replays, endpoints, changes, retentionDays, nowMs } = this.options;
    const keptMs = Math.min(retentionDays, REPLAY_DAYS_MAX) * DAY_MS;
    const range = replayRangeOf({ ...request }, { nowMs: nowMs(), keptMs });
    const by = { application, userId: request.userId };
    return changes.commitOnce(command, by, async ({ manager, newId, audit }) => {
      const endpoint = await endpoints.lock(manager, application.appId);
      if (!endpoint) throw new AppError('GW_404');
      if (!endpoint.isActive) throw conflict('the endpoint is not active');
      const { appId } = application;
      const replay = { id: newId(), endpointId: endpoint.id, appId, ...range };
      const row = await replays.insert(manager, replay);
      if (!row) throw conflict('another replay of this endpoint runs');
      await audit('webhook.replay_created', row.id, {
        from: range.from.toISOString(),
        to: range.to.toISOString(),
      });
      return replayRecordOf(row);
    });
  }

  /** @throws AppError GW_404 */
  async getReplay(application: ApplicationContext, replayId: unknown): Promise<ReplayRecord> {
    const row = await this.options.replays.find(application, idOf(replayId));
    if (!row) throw new AppError('GW_404');
    return replayRecordOf(row);
  }

  /** @throws AppError GW_404 */
  async cancelReplay(
    command: OnceCommand<null>,
    application: ApplicationContext,
    request: CommandRequest<'webhooks', 'replays.cancel'>,
  ): Promise<Buffer> {
    const id = idOf(request.replayId);
    const by = { application, userId: request.userId };
    return this.options.changes.commitOnce(command, by, async ({ manager, audit }) => {
      if (!(await this.options.replays.cancel(manager, application.appId, id))) {
        throw new AppError('GW_404');
      }
      await audit('webhook.replay_canceled', id);
      return null;
    });
  }
}

function refuseResend(row: ResendableRow | null): asserts row is ResendableRow {
  if (!row) throw new AppError('GW_404');
  if (!row.isActive) throw conflict('the endpoint is not active');
  if (row.isInFlight) throw conflict('an attempt is in flight');
}

const conflict = (reason: string): AppError => new AppError('GW_011', { params: { reason } });

const jobOf = (
  row: ResendableRow,
  orgId: string,
  attempt: number,
  claimId: string,
  takenAtMs: number,
): Job => ({
  deliveryId: row.id,
  claimId,
  eventAtMs: row.at.getTime(),
  eventId: row.eventId,
  endpointId: row.endpointId,
  orgId,
  messageId: row.messageId,
  orderKey: row.orderKey,
  lane: FIRST_LANE,
  failures: row.failures,
  attempt,
  payload: row.payload,
  revision: row.revision,
  bornAtMs: takenAtMs,
  takenAtMs,
  isSuspect: false,
});

const recordOf = (row: DeliveryRow, attempts: readonly AttemptRow[]): DeliveryRecord => ({
  id: row.id,
  webhookId: webhookIdOf(row.eventId),
  event: row.event,
  state: row.state,
  messageId: row.messageId === null ? null : `msg_${row.messageId}`,
  createdAt: row.createdAt.toISOString(),
  nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
  attempts: attempts.map(
    ({ number, startedAt, durationMs, code, statusCode, body, encoding, isTruncated }) => ({
      number,
      startedAt: startedAt.toISOString(),
      durationMs,
      code,
      statusCode,
      response:
        body === null || encoding === null
          ? null
          : { body, encoding, isTruncated: isTruncated === true },
    }),
  ),
});

const replayRecordOf = ({ id, state, total, done }: ReplayRow): ReplayRecord => ({
  id,
  state,
  total,
  done,
});
