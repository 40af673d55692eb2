import { Injectable } from '@nestjs/common';
import type { CommandReply, CommandRequest, WebhookEndpointRecord } from '@gateway/contracts';
import { mayAccess, type MemberOfOrganization } from './domain/access';
import { OwnersService } from './owners.service';
import { pageOf, type Page } from './paging';
import type {
  DeliveriesQueryDto,
  DeliveryDto,
  ReplayDto,
  ReplayRangeDto,
  RotationDto,
  SigningSecretDto,
  TargetTestDto,
  WebhookChangeDto,
  WebhookDto,
  WebhookTestResultDto,
} from './webhook.dto';

/** The customer's server has 5 s to answer, 30 s where the operator says so. */
const CALL_TIMEOUT_MS = 32_000;

/** What the webhooks service is asked for a signed-in user; whose an application is, that service knows. */
@Injectable()
export class WebhooksService {
  constructor(private readonly owners: OwnersService) {}

  async get(member: MemberOfOrganization, appId: string): Promise<WebhookDto | null> {
    const { orgId, role } = member;
    const webhook = await this.owners.ask('webhooks', 'endpoint.get', { orgId, appId }, orgId);
    if (webhook === null || mayAccess(role, 'webhooks', 'POST')) return webhook;
    return withoutHeaders(webhook);
  }

  async upsert(
    { orgId, userId }: MemberOfOrganization,
    appId: string,
    change: WebhookChangeDto,
  ): Promise<CommandReply<'webhooks', 'endpoint.upsert'>> {
    const { url, subscribedEvents, headers, secret, hubSignature, isActive } = change;
    const wanted = { url, subscribedEvents, headers, secret, hubSignature, isActive };
    const request = { ...wanted, orgId, userId, appId };
    return this.owners.ask('webhooks', 'endpoint.upsert', request, orgId);
  }

  async remove({ orgId, userId }: MemberOfOrganization, appId: string): Promise<void> {
    await this.owners.ask('webhooks', 'endpoint.delete', { orgId, userId, appId }, orgId);
  }

  async test({ orgId }: MemberOfOrganization, appId: string): Promise<WebhookTestResultDto> {
    const request = { orgId, appId };
    await this.isThere(request);
    return this.owners.ask('webhooks', 'endpoint.test', request, orgId, CALL_TIMEOUT_MS);
  }

  async testTarget(
    { orgId }: MemberOfOrganization,
    appId: string,
    { targetUrl, payload }: TargetTestDto,
  ): Promise<WebhookTestResultDto> {
    const request = { orgId, appId, targetUrl, payload };
    await this.isThere(request);
    return this.owners.ask('webhooks', 'target.test', request, orgId, CALL_TIMEOUT_MS);
  }

  async rotate(
    { orgId, userId }: MemberOfOrganization,
    appId: string,
    { overlapHours }: RotationDto,
  ): Promise<SigningSecretDto> {
    const request = { orgId, userId, appId, overlapHours };
    return this.owners.ask('webhooks', 'endpoint.rotate', request, orgId);
  }

  async deliveries(
    { orgId }: MemberOfOrganization,
    appId: string,
    query: DeliveriesQueryDto,
  ): Promise<Page<DeliveryDto>> {
    const { pageNumber, pageSize, state, event, from, to } = query;
    const request = { pageNumber, pageSize, state, event, from, to, orgId, appId };
    const listed = await this.owners.ask('webhooks', 'deliveries.list', request, orgId);
    return pageOf(listed.deliveries, query, listed.totalCount);
  }

  async resend(
    { orgId, userId }: MemberOfOrganization,
    appId: string,
    deliveryId: string,
  ): Promise<DeliveryDto> {
    const request = { orgId, userId, appId, deliveryId };
    return this.owners.ask('webhooks', 'deliveries.resend', request, orgId);
  }

  async createReplay(
    { orgId, userId }: MemberOfOrganization,
    appId: string,
    { from, to, includeDelivered }: ReplayRangeDto,
  ): Promise<ReplayDto> {
    const request = { from, to, includeDelivered, orgId, userId, appId };
    return this.owners.ask('webhooks', 'replays.create', request, orgId);
  }

  async replay(
    { orgId }: MemberOfOrganization,
    appId: string,
    replayId: string,
  ): Promise<ReplayDto> {
    return this.owners.ask('webhooks', 'replays.get', { orgId, appId, replayId }, orgId);
  }

  async cancelReplay(
    { orgId, userId }: MemberOfOrganization,
    appId: string,
    replayId: string,
  ): Promise<void> {
    const request = { orgId, userId, appId, replayId };
    await this.owners.ask('webhooks', 'replays.cancel', request, orgId);
  }

  /**
   * A call of the customer's server takes as long as it likes, a service that is gone must show at once: it is asked
   * something quick first.
   */
  private async isThere({
    orgId,
    appId,
  }: CommandRequest<'webhooks', 'endpoint.get'>): Promise<void> {
    await this.owners.ask('webhooks', 'endpoint.get', { orgId, appId }, orgId);
  }
}

/** Header values are secrets: who may only look gets the record without them. */
function withoutHeaders(webhook: WebhookEndpointRecord): WebhookDto {
  const { id, url, subscribedEvents, hubSignature, isActive, disabledReason } = webhook;
  const { createdAt, updatedAt } = webhook;
  return {
    id,
    url,
    subscribedEvents,
    hubSignature,
    isActive,
    disabledReason,
    createdAt,
    updatedAt,
  };
}
