import { Body, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { Answers } from './answers';
import { NewTestNumberDto, TestNumberChangeDto, TestNumberDto } from './application.dto';
import type { MemberOfOrganization } from './domain/access';
import { HandlePipe, UuidPipe } from './dto.pipe';
import { Access, ManagementController, Member } from './management-api';
import { OwnersService } from './owners.service';

/** The numbers that a staging key may send to. */
@ManagementController('applications/:appId/sandbox/test-numbers', 'sandbox')
export class TestNumbersController {
  constructor(private readonly owners: OwnersService) {}

  @Get()
  @Access('sandbox', { beforeOrganization: 'list' })
  @Answers({ summary: 'List test numbers', data: [TestNumberDto] })
  list(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
  ): Promise<TestNumberDto[]> {
    return this.owners.ask('auth', 'test-numbers.list', { userId, orgId, appId }, orgId);
  }

  @Post()
  @Access('sandbox')
  @Answers({ summary: 'Add a test number', status: 201, data: TestNumberDto })
  add(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Body() { phoneNumber, title = null }: NewTestNumberDto,
  ): Promise<TestNumberDto> {
    const request = { userId, orgId, appId, phoneNumber, title };
    return this.owners.ask('auth', 'test-number.add', request, orgId);
  }

  @Patch(':id')
  @Access('sandbox')
  @Answers({ summary: 'Rename a test number', data: TestNumberDto })
  rename(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Param('id', UuidPipe) id: string,
    @Body() { title }: TestNumberChangeDto,
  ): Promise<TestNumberDto> {
    return this.owners.ask(
      'auth',
      'test-number.change',
      { userId, orgId, appId, id, title },
      orgId,
    );
  }

  @Delete(':id')
  @Access('sandbox')
  @Answers({ summary: 'Remove a test number', status: 204 })
  async remove(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Param('id', UuidPipe) id: string,
  ): Promise<void> {
    await this.owners.ask('auth', 'test-number.remove', { userId, orgId, appId, id }, orgId);
  }
}
