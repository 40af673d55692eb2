import { Inject, Injectable } from '@nestjs/common';
import type { AddressedMessageRecord } from '@gateway/contracts';
import { LOGGER, type Logger } from '@gateway/platform';
import type {
  ListedMessageDto,
  MessageDetailDto,
  MessagesQueryDto,
} from './application-message.dto';
import type { MemberOfOrganization } from './domain/access';
import { toUsd } from './domain/micro-dollars';
import { OwnersService } from './owners.service';
import { cursorPageOf, type Page } from './paging';

/** Both together stay under the 2 s within which an answer is due when a part is gone. */
const RECORD_TIMEOUT_MS = 1_200;
const COST_TIMEOUT_MS = 600;

/** Messages of an application as a signed-in user sees them. */
@Injectable()
export class ApplicationMessagesService {
  constructor(
    private readonly owners: OwnersService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async list(
    { orgId }: MemberOfOrganization,
    appId: string,
    query: MessagesQueryDto,
  ): Promise<Page<ListedMessageDto>> {
    const { from = null, to = null, state = null, recipient, after = null, limit } = query;
    const digits = recipient?.replace(/^[+ ]/, '') ?? null;
    const request = { orgId, appId, from, to, state, recipient: digits, after, limit };
    const found = await this.owners.ask('dispatcher', 'messages.list', request, orgId);
    return cursorPageOf(found.messages.map(listed), found.nextCursor);
  }

  async detail(
    { orgId }: MemberOfOrganization,
    appId: string,
    id: string,
  ): Promise<MessageDetailDto> {
    const request = { orgId, appId, id };
    const record = await this.owners.ask(
      'dispatcher',
      'messages.detail',
      request,
      orgId,
      RECORD_TIMEOUT_MS,
    );
    const costUsd = await this.costUsd(orgId, record.messageId);
    return { ...listed(record), timeline: record.statuses, costUsd };
  }

  /** A state without its cost is worth more than no answer. */
  private async costUsd(orgId: string, messageId: string): Promise<string | null> {
    const request = { orgId, messageId };
    try {
      const cost = await this.owners.ask(
        'billing',
        'message.cost',
        request,
        orgId,
        COST_TIMEOUT_MS,
      );
      return toUsd(cost.costMicroUsd);
    } catch (error) {
      this.logger.warn({ err: error, command: 'message.cost', messageId }, 'cost.not-known');
      return null;
    }
  }
}

function listed(record: AddressedMessageRecord): Pick<ListedMessageDto, keyof ListedMessageDto> {
  const { messageId, wamid, to, type, state, isFake, createdAt, updatedAt, error } = record;
  return {
    id: messageId,
    wamid,
    to,
    type,
    state,
    isFake,
    createdAt,
    updatedAt,
    ...(error === null ? {} : { error }),
  };
}
