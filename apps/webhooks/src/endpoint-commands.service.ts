import {
  CUSTOMER_EVENTS,
  type ApplicationContext,
  type CommandReply,
  type CommandRequest,
  type CustomerEvent,
  type SubscribedEvents,
  type WebhookEndpointRecord,
  type WebhookTestResult,
} from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { uuidv7, type Random } from '@gateway/platform';
import type { ChangesService, Change, OnceCommand } from './changes.service';
import type { CustomerAnswer, CustomerClient } from './customer.client';
import { deliveryRequest } from './delivery-request';
import { asciiJson } from './domain/ascii-json';
import { overlapHoursOf, Request } from './domain/requests';
import { signingSecret } from './domain/signature';
import { checkWebhookHeaders } from './domain/webhook-headers';
import { checkWebhookUrl } from './domain/webhook-url';
import type { EndpointSecrets } from './endpoint-secrets';
import type { EndpointsService } from './endpoints.service';
import type { EndpointRow, EndpointsStore } from './endpoints.store';
import { webhookIdOf } from './event-identity';
import { testEvent } from './domain/test-event';

export interface EndpointCommandsOptions {
  readonly store: EndpointsStore;
  readonly endpoints: EndpointsService;
  readonly changes: ChangesService;
  readonly secrets: EndpointSecrets;
  readonly client: Pick<CustomerClient, 'post' | 'rule'>;
  readonly random: Random;
  readonly timeoutMs: number;
  readonly nowMs: () => number;
}

type Upsert = CommandRequest<'webhooks', 'endpoint.upsert'>;
type UpsertReply = CommandReply<'webhooks', 'endpoint.upsert'>;

/** What an upsert asks for, checked. */
interface Wanted {
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly secret: string | undefined;
  readonly events: Partial<SubscribedEvents>;
  readonly hubSignature: boolean | undefined;
  readonly isActive: boolean | undefined;
}

const SECRET_BYTES = 32;
const HOUR_MS = 3_600_000;

/** The endpoint of an application: read, made, changed, removed, its signing secret rotated, tried. */
export class EndpointCommandsService {
  constructor(private readonly options: EndpointCommandsOptions) {}

  async get(application: ApplicationContext): Promise<WebhookEndpointRecord | null> {
    const row = await this.options.store.ofApplication(application);
    return row && this.recordOf(row);
  }

  /** @throws AppError GW_003 naming every wrong field */
  async upsert(
    command: OnceCommand<UpsertReply>,
    application: ApplicationContext,
    request: Upsert,
  ): Promise<Buffer> {
    const wanted = this.wanted(request);
    const by = { application, userId: request.userId };
    const sealed = await this.options.changes.commitOnce(command, by, async (change) => {
      const known = await this.options.store.lock(change.manager, application.appId);
      return known ? this.update(change, known, wanted) : this.create(change, application, wanted);
    });
    await this.refresh(application);
    return sealed;
  }

  /** @throws AppError GW_404 when there is none */
  async remove(
    command: OnceCommand<null>,
    application: ApplicationContext,
    userId: string,
  ): Promise<Buffer> {
    let removed: string | undefined;
    const by = { application, userId };
    const sealed = await this.options.changes.commitOnce(command, by, async (change) => {
      const row = await this.locked(change, application);
      await this.options.store.remove(change.manager, row.id);
      await change.audit('webhook.deleted', row.id);
      removed = row.id;
      return null;
    });
    if (removed !== undefined) await this.options.endpoints.refresh([removed]);
    return sealed;
  }

  /** @throws AppError GW_011 while the secret before the present one still signs */
  async rotate(
    command: OnceCommand<{ signingSecret: string }>,
    application: ApplicationContext,
    request: CommandRequest<'webhooks', 'endpoint.rotate'>,
  ): Promise<Buffer> {
    const overlapMs = overlapHoursOf(request) * HOUR_MS;
    const by = { application, userId: request.userId };
    const sealed = await this.options.changes.commitOnce(command, by, async (change) => {
      const row = await this.locked(change, application);
      this.refuseThird(row);
      const secret = this.newSigningSecret();
      const until = overlapMs > 0 ? new Date(change.at.getTime() + overlapMs) : null;
      const { secrets, store } = this.options;
      const rotated: EndpointRow = {
        ...row,
        signingSealed: secrets.seal(row, 'signing_secret', secret),
        signingPreviousSealed: until && row.signingSealed,
        signingPreviousUntil: until,
        updatedAt: change.at,
      };
      await store.update(change.manager, rotated, false);
      await change.audit('webhook.signing_secret_rotated', row.id, { overlapMs });
      return { signingSecret: secret };
    });
    await this.refresh(application);
    return sealed;
  }

  /** Sends a made-up event at once, once; nothing of it is stored. */
  async test(application: ApplicationContext): Promise<WebhookTestResult> {
    const { store, secrets, client, random, timeoutMs, nowMs } = this.options;
    const row = await store.ofApplication(application);
    if (!row) throw new AppError('GW_404');
    const atMs = nowMs();
    const request = deliveryRequest({
      endpoint: secrets.opened(row),
      webhookId: webhookIdOf(uuidv7(Math.floor(atMs), random)),
      timestampS: Math.floor(atMs / 1_000),
      payload: testEvent(application.channel, atMs),
      messageId: null,
      nowMs: atMs,
    });
    return resultOf(await client.post({ ...request, deadlineMs: timeoutMs }));
  }

  /**
   * Posts what a user wrote to a URL of his, through the same guard; it carries no secret and no signature.
   * @throws AppError GW_003
   */
  async testTarget({
    targetUrl,
    payload,
  }: CommandRequest<'webhooks', 'target.test'>): Promise<WebhookTestResult> {
    const { client, timeoutMs } = this.options;
    const fields = new Request({});
    fields.add(checkWebhookUrl(targetUrl, client.rule, 'targetUrl'));
    fields.check();
    const body = asciiJson(Buffer.from(payload));
    const headers = { 'content-type': 'application/json' };
    return resultOf(await client.post({ url: targetUrl, body, headers, deadlineMs: timeoutMs }));
  }

  private wanted(request: Upsert): Wanted {
    const fields = new Request({ ...request });
    const { url, headers } = request;
    if (url !== undefined) fields.add(checkWebhookUrl(url, this.options.client.rule));
    if (headers !== undefined) fields.add(checkWebhookHeaders(headers));
    const wanted = {
      url,
      headers,
      secret: fields.secret('secret'),
      events: fields.events('subscribedEvents'),
      hubSignature: fields.boolean('hubSignature'),
      isActive: fields.boolean('isActive'),
    };
    fields.check();
    return wanted;
  }

  private async create(
    change: Change,
    { orgId, appId }: ApplicationContext,
    wanted: Wanted,
  ): Promise<UpsertReply> {
    const { url } = wanted;
    if (url === undefined) {
      const fields = [{ path: 'url', reason: 'is required' }];
      throw new AppError('GW_003', { params: { fields } });
    }
    const { secrets, store, random } = this.options;
    const place = { id: change.newId(), orgId };
    const signing = this.newSigningSecret();
    const secret = wanted.secret ?? random.bytes(SECRET_BYTES).toString('base64url');
    const isActive = wanted.isActive ?? true;
    const row: EndpointRow = {
      ...place,
      appId,
      url,
      events: merged(CUSTOMER_EVENTS, wanted.events),
      hubSignature: wanted.hubSignature ?? false,
      isActive,
      disabledReason: isActive ? null : 'by_owner',
      headersSealed: secrets.sealHeaders(place, wanted.headers ?? {}),
      bearerSealed: secrets.seal(place, 'bearer_secret', secret),
      signingSealed: secrets.seal(place, 'signing_secret', signing),
      signingPreviousSealed: null,
      signingPreviousUntil: null,
      revision: 1,
      createdAt: change.at,
      updatedAt: change.at,
      isDeleted: false,
      breakerOpenForMs: 0,
      breakerOpens: 0,
      isFailing: false,
    };
    await store.insert(change.manager, row);
    await change.audit('webhook.created', row.id, { fields: named(wanted) });
    return {
      ...this.recordOf(row),
      isCreated: true,
      signingSecret: signing,
      ...(wanted.secret === undefined && { secret }),
    };
  }

  private async update(change: Change, known: EndpointRow, wanted: Wanted): Promise<UpsertReply> {
    const { secrets, store } = this.options;
    const { headers, secret, isActive = known.isActive } = wanted;
    const stays = isActive === known.isActive;
    const row: EndpointRow = {
      ...known,
      url: wanted.url ?? known.url,
      events: merged(known.events, wanted.events),
      hubSignature: wanted.hubSignature ?? known.hubSignature,
      isActive,
      disabledReason: stays ? known.disabledReason : isActive ? null : 'by_owner',
      ...(headers && { headersSealed: secrets.sealHeaders(known, headers) }),
      ...(secret !== undefined && { bearerSealed: secrets.seal(known, 'bearer_secret', secret) }),
      updatedAt: change.at,
    };
    await store.update(change.manager, row, isActive && !stays);
    await change.audit('webhook.updated', row.id, { fields: named(wanted) });
    return { ...this.recordOf(row), isCreated: false };
  }

  private async locked(change: Change, { appId }: ApplicationContext): Promise<EndpointRow> {
    const row = await this.options.store.lock(change.manager, appId);
    if (!row) throw new AppError('GW_404');
    return row;
  }

  /** At most two secrets sign at once. */
  private refuseThird({ signingPreviousUntil: until }: EndpointRow): void {
    if (until === null || until.getTime() <= this.options.nowMs()) return;
    const reason = `the secret before this one signs until ${until.toISOString()}`;
    throw new AppError('GW_011', { params: { reason } });
  }

  private newSigningSecret(): string {
    return signingSecret(this.options.random.bytes(SECRET_BYTES));
  }

  /** What is sent from now on goes by what was committed. */
  private async refresh(application: ApplicationContext): Promise<void> {
    const row = await this.options.store.ofApplication(application);
    if (row) await this.options.endpoints.refresh([row.id]);
  }

  private recordOf(row: EndpointRow): WebhookEndpointRecord {
    return {
      id: row.id,
      url: row.url,
      headers: this.options.secrets.headers(row),
      subscribedEvents: Object.fromEntries(
        CUSTOMER_EVENTS.map((event) => [event, row.events.includes(event)]),
      ) as Record<CustomerEvent, boolean>,
      hubSignature: row.hubSignature,
      isActive: row.isActive,
      disabledReason: row.disabledReason,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
    };
  }
}

const resultOf = ({
  isDelivered,
  code,
  statusCode,
  durationMs,
  response,
}: CustomerAnswer): WebhookTestResult => ({
  isDelivered,
  code,
  statusCode,
  durationMs,
  response,
});

const merged = (known: readonly string[], wanted: Partial<SubscribedEvents>): CustomerEvent[] =>
  CUSTOMER_EVENTS.filter((event) => wanted[event] ?? known.includes(event));

/** The fields that were given, without what was in them. */
const named = (wanted: Wanted): string[] =>
  Object.entries(wanted).flatMap(([field, value]) =>
    value === undefined || (field === 'events' && Object.keys(wanted.events).length === 0)
      ? []
      : [field],
  );
