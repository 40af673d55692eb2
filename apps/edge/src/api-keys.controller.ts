import { Body, Delete, Get, Param, Post, Query } from '@nestjs/common';
import type { ApiKeyRecord } from '@gateway/contracts';
import { Answers } from './answers';
import { ApiKeyDto, CreatedApiKeyDto, NewApiKeyDto } from './application.dto';
import type { MemberOfOrganization } from './domain/access';
import { HandlePipe, UuidPipe } from './dto.pipe';
import { Access, ManagementController, Member } from './management-api';
import { OwnersService } from './owners.service';
import { Page, PageQueryDto, pageOf } from './paging';

/** API keys of an application. */
@ManagementController('applications/:appId/api-keys', 'keys')
export class ApiKeysController {
  constructor(private readonly owners: OwnersService) {}

  @Get()
  @Access('keys', { beforeOrganization: 'page' })
  @Answers({ summary: 'List API keys', data: [ApiKeyDto], paging: 'pages' })
  async list(
    @Member() { orgId }: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Query() page: PageQueryDto,
  ): Promise<Page<ApiKeyDto>> {
    const { pageNumber, pageSize } = page;
    const request = { orgId, appId, pageNumber, pageSize };
    const { keys, totalCount } = await this.owners.ask('auth', 'keys.list', request, orgId);
    return pageOf(keys.map(shown), page, totalCount);
  }

  @Post()
  @Access('keys')
  @Answers({ summary: 'Create an API key', status: 201, data: CreatedApiKeyDto })
  async create(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Body() wanted: NewApiKeyDto,
  ): Promise<CreatedApiKeyDto> {
    const request = { userId, orgId, appId, ...requestOf(wanted) };
    const { key, ...record } = await this.owners.ask('auth', 'keys.create', request, orgId);
    return { ...record, lastUsedAt: null, key };
  }

  @Delete(':keyId')
  @Access('keys')
  @Answers({ summary: 'Revoke an API key', status: 204 })
  async revoke(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Param('keyId', UuidPipe) keyId: string,
  ): Promise<void> {
    await this.owners.ask('auth', 'keys.revoke', { userId, orgId, appId, keyId }, orgId);
  }
}

/** When a key was last used nobody keeps: it would be a write for each message. */
const shown = (record: ApiKeyRecord): ApiKeyDto => ({ ...record, lastUsedAt: null });

/** A limit or expiry that is null is one that is not there. */
const requestOf = (wanted: NewApiKeyDto) => ({
  name: wanted.name,
  environment: wanted.environment ?? ('production' as const),
  dailyLimit: wanted.dailyLimit ?? undefined,
  concurrencyLimit: wanted.concurrencyLimit ?? undefined,
  limitPerSecond: wanted.limitPerSecond ?? undefined,
  limitPerMinute: wanted.limitPerMinute ?? undefined,
  expiresAt: wanted.expiresAt ?? undefined,
});
