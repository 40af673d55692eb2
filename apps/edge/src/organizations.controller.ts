import { Body, Delete, Get, Post } from '@nestjs/common';
import { Answers } from './answers';
import type { MemberOfOrganization } from './domain/access';
import { Access, ManagementController, Member } from './management-api';
import { ContactDto, OriginDto, OriginsDto } from './organization.dto';
import { OwnersService } from './owners.service';

/** The organization itself. */
@ManagementController('organizations', 'organization')
export class OrganizationsController {
  constructor(private readonly owners: OwnersService) {}

  @Get('contact')
  @Access('organization', { beforeOrganization: 'record' })
  @Answers({ summary: 'Whom to ask about the organization', data: ContactDto, isNullable: true })
  contact(@Member() { userId, orgId }: MemberOfOrganization): Promise<ContactDto | null> {
    return this.owners.ask('auth', 'organization.contact', { userId, orgId }, orgId);
  }

  @Get('allowed-origins')
  @Access('organization', { beforeOrganization: 'record' })
  @Answers({
    summary: 'Web origins whose pages may call this API',
    data: OriginsDto,
    isNullable: true,
  })
  origins(@Member() { userId, orgId }: MemberOfOrganization): Promise<OriginsDto> {
    return this.owners.ask('auth', 'origins.list', { userId, orgId }, orgId);
  }

  @Post('allowed-origins')
  @Access('organization')
  @Answers({ summary: 'Allow an origin', status: 204, codes: ['GW_011'] })
  async addOrigin(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Body() { origin }: OriginDto,
  ): Promise<void> {
    await this.owners.ask('auth', 'origin.add', { userId, orgId, origin }, orgId);
  }

  @Delete('allowed-origins')
  @Access('organization')
  @Answers({ summary: 'Allow an origin no longer', status: 204 })
  async removeOrigin(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Body() { origin }: OriginDto,
  ): Promise<void> {
    await this.owners.ask('auth', 'origin.remove', { userId, orgId, origin }, orgId);
  }
}
