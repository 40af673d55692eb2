import { Body, Param, Patch } from '@nestjs/common';
import { Answers } from './answers';
import { ApplicationChangeDto, ApplicationDto } from './application.dto';
import type { MemberOfOrganization } from './domain/access';
import { HandlePipe } from './dto.pipe';
import { Access, ManagementController, Member } from './management-api';
import { OwnersService } from './owners.service';

/** What an application shows of itself. */
@ManagementController('channels/whatsapp/applications', 'applications')
export class ChannelController {
  constructor(private readonly owners: OwnersService) {}

  @Patch(':appId')
  @Access('applications')
  @Answers({ summary: 'Rename an application, or change its contact', data: ApplicationDto })
  change(
    @Member() { userId, orgId }: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Body() { applicationName, contact }: ApplicationChangeDto,
  ): Promise<ApplicationDto> {
    const request = { userId, orgId, appId, applicationName, contact };
    return this.owners.ask('auth', 'application.change', request, orgId);
  }
}
