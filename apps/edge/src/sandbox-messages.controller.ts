import { Body, Param, Post } from '@nestjs/common';
import { Answers } from './answers';
import type { MemberOfOrganization } from './domain/access';
import { HandlePipe } from './dto.pipe';
import { Access, ManagementController, Member } from './management-api';
import { SandboxMessageDto, SandboxMessageResultDto } from './sandbox-message.dto';
import { SandboxMessagesService } from './sandbox-messages.service';

/** A message to a test number, to see that everything works. */
@ManagementController('applications/:appId/sandbox/messages', 'sandbox')
export class SandboxMessagesController {
  constructor(private readonly messages: SandboxMessagesService) {}

  @Post('test')
  @Access('sandbox')
  @Answers({
    summary: 'Send a message to a test number',
    description: 'A real message, charged as any other; one a second and 60 a minute at most.',
    data: SandboxMessageResultDto,
    codes: [
      'AUTH_007',
      'RATE_001',
      'RATE_002',
      'BILL_001',
      'BILL_002',
      'META_001',
      'META_002',
      'META_003',
      'META_004',
      'META_005',
      'GW_010',
    ],
  })
  async send(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Body() message: SandboxMessageDto,
  ): Promise<SandboxMessageResultDto> {
    return this.messages.send(member, appId, message);
  }
}
