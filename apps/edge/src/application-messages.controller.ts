import { Get, Param, Query } from '@nestjs/common';
import { Answers } from './answers';
import { ListedMessageDto, MessageDetailDto, MessagesQueryDto } from './application-message.dto';
import { ApplicationMessagesService } from './application-messages.service';
import type { MemberOfOrganization } from './domain/access';
import { HandlePipe, UuidPipe } from './dto.pipe';
import { Access, ManagementController, Member } from './management-api';
import type { Page } from './paging';

/** What was sent by an application, and what became of it. */
@ManagementController('applications/:appId/messages', 'messages')
export class ApplicationMessagesController {
  constructor(private readonly messages: ApplicationMessagesService) {}

  @Get()
  @Access('messages', { beforeOrganization: 'cursor' })
  @Answers({
    summary: 'List messages, the newest first',
    description:
      'A page can have fewer messages than asked for and still have a `nextCursor`: so much is looked at, and no more.',
    data: [ListedMessageDto],
    paging: 'cursor',
  })
  async list(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Query() query: MessagesQueryDto,
  ): Promise<Page<ListedMessageDto>> {
    return this.messages.list(member, appId, query);
  }

  @Get(':id')
  @Access('messages', { beforeOrganization: 'record' })
  @Answers({ summary: 'Read a message', data: MessageDetailDto, isNullable: true })
  async detail(
    @Member() member: MemberOfOrganization,
    @Param('appId', HandlePipe) appId: string,
    @Param('id', UuidPipe) id: string,
  ): Promise<MessageDetailDto> {
    return this.messages.detail(member, appId, id);
  }
}
