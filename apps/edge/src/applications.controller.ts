import { Body, Get, Param, Post, Query } from '@nestjs/common';
import type { ApplicationSummary, ChannelRecord } from '@gateway/contracts';
import { Answers } from './answers';
import {
  ApplicationDto,
  ApplicationSummaryDto,
  ChannelDto,
  ExpandQueryDto,
  NewApplicationDto,
  NewChannelDto,
} from './application.dto';
import type { MemberOfOrganization } from './domain/access';
import { HandlePipe } from './dto.pipe';
import { Access, ManagementController, Member } from './management-api';
import { OwnersService } from './owners.service';

/** Meta is asked meanwhile, four times at least. */
const CONNECT_TIMEOUT_MS = 11_000;

/** Applications of the organization. */
@ManagementController('applications', 'applications')
export class ApplicationsController {
  constructor(private readonly owners: OwnersService) {}

  @Get()
  @Access('applications', { beforeOrganization: 'list' })
  @Answers({ summary: 'List applications', data: [ApplicationSummaryDto] })
  list(@Member() { userId, orgId }: MemberOfOrganization): Promise<ApplicationSummary[]> {
    return this.owners.ask('auth', 'applications.list', { userId, orgId }, orgId);
  }

  @Post()
  @Access('applications')
  @Answers({
    summary: 'Create an application',
    description: 'A draft: it answers fakes until a channel is connected.',
    status: 201,
    data: ApplicationDto,
    codes: ['GW_011'],
  })
  create(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Body() { applicationName }: NewApplicationDto,
  ): Promise<ApplicationDto> {
    const request = { userId, orgId, applicationName };
    return this.owners.ask('auth', 'application.create', request, orgId);
  }

  @Get(':appId')
  @Access('applications', { beforeOrganization: 'record' })
  @Answers({ summary: 'Show an application', data: ApplicationDto, isNullable: true })
  async get(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Query() { expand }: ExpandQueryDto,
  ): Promise<ApplicationDto> {
    const request = { userId, orgId, appId };
    const { channel, ...application } = await this.owners.ask(
      'auth',
      'application.get',
      request,
      orgId,
    );
    return expand === 'channel' ? { ...application, channel } : application;
  }

  @Post(':appId/channel')
  @Access('applications')
  @Answers({
    summary: 'Connect a WhatsApp number',
    description: 'Meta is asked whether the token owns number and account; the app becomes active.',
    data: ChannelDto,
    codes: ['GW_011', 'META_001'],
  })
  connect(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Body() { phoneNumberId, wabaId, accessToken, code }: NewChannelDto,
  ): Promise<ChannelRecord> {
    const request = { userId, orgId, appId, phoneNumberId, wabaId, accessToken, code };
    return this.owners.ask('auth', 'channel.connect', request, orgId, CONNECT_TIMEOUT_MS);
  }
}
