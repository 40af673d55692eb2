import { Body, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Answers } from './answers';
import type { MemberOfOrganization } from './domain/access';
import { HandlePipe, UuidPipe } from './dto.pipe';
import { Access, ManagementController, Member } from './management-api';
import type { Page } from './paging';
import {
  ChangedWebhookDto,
  DeliveriesQueryDto,
  DeliveryDto,
  ReplayDto,
  ReplayRangeDto,
  RotationDto,
  SigningSecretDto,
  WebhookChangeDto,
  WebhookDto,
  WebhookTestResultDto,
} from './webhook.dto';
import { WebhooksService } from './webhooks.service';

const CREATED = 201;

/** The webhook of an application: where its events go, and what became of them. */
@ManagementController('applications/:appId/webhook', 'webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Get()
  @Access('webhooks', { beforeOrganization: 'record' })
  @Answers({ summary: 'Read the webhook', data: WebhookDto, isNullable: true })
  async get(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
  ): Promise<WebhookDto | null> {
    return this.webhooks.get(member, appId);
  }

  @Post()
  @Access('webhooks')
  @Answers({
    summary: 'Set up or change the webhook',
    description: 'What is absent stays as it is; answers 201 on first creation.',
    data: ChangedWebhookDto,
  })
  async upsert(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Body() change: WebhookChangeDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChangedWebhookDto> {
    const { isCreated, ...webhook } = await this.webhooks.upsert(member, appId, change);
    if (isCreated) void reply.status(CREATED);
    return webhook;
  }

  @Delete()
  @Access('webhooks')
  @Answers({ summary: 'Remove the webhook', status: 204 })
  async remove(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
  ): Promise<void> {
    await this.webhooks.remove(member, appId);
  }

  @Post('test')
  @Access('webhooks')
  @Answers({ summary: 'Send a test event to the webhook', data: WebhookTestResultDto })
  async test(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
  ): Promise<WebhookTestResultDto> {
    return this.webhooks.test(member, appId);
  }

  @Post('signing-secret/rotate')
  @Access('webhooks')
  @Answers({ summary: 'Rotate the signing secret', data: SigningSecretDto, codes: ['GW_011'] })
  async rotate(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Body() rotation: RotationDto,
  ): Promise<SigningSecretDto> {
    return this.webhooks.rotate(member, appId, rotation);
  }

  @Get('deliveries')
  @Access('webhooks', { beforeOrganization: 'page' })
  @Answers({ summary: 'List deliveries with their attempts', data: [DeliveryDto], paging: 'pages' })
  async deliveries(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Query() query: DeliveriesQueryDto,
  ): Promise<Page<DeliveryDto>> {
    return this.webhooks.deliveries(member, appId, query);
  }

  @Post('deliveries/:id/resend')
  @Access('webhooks')
  @Answers({ summary: 'Send a delivery again', data: DeliveryDto, codes: ['GW_011'] })
  async resend(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Param('id', UuidPipe) id: string,
  ): Promise<DeliveryDto> {
    return this.webhooks.resend(member, appId, id);
  }

  @Post('replays')
  @Access('webhooks')
  @Answers({
    summary: 'Send the events of a range of time again',
    status: 201,
    data: ReplayDto,
    codes: ['GW_011'],
  })
  async createReplay(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Body() range: ReplayRangeDto,
  ): Promise<ReplayDto> {
    return this.webhooks.createReplay(member, appId, range);
  }

  @Get('replays/:id')
  @Access('webhooks', { beforeOrganization: 'record' })
  @Answers({ summary: 'Read how far a replay is', data: ReplayDto, isNullable: true })
  async replay(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Param('id', UuidPipe) id: string,
  ): Promise<ReplayDto> {
    return this.webhooks.replay(member, appId, id);
  }

  @Delete('replays/:id')
  @Access('webhooks')
  @Answers({ summary: 'Cancel a replay', status: 204 })
  async cancelReplay(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Param('id', UuidPipe) id: string,
  ): Promise<void> {
    await this.webhooks.cancelReplay(member, appId, id);
  }
}
