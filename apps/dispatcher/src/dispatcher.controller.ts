import { Controller } from '@nestjs/common';
import type {
  AddressedMessageRecord,
  CommandReply,
  CommandRequest,
  MessageRecord,
} from '@gateway/contracts';
import { CommandHandler } from '@gateway/messaging';
import { CountsService } from './counts.service';
import { ListingsService } from './listings.service';
import { MessagesService } from './messages.service';

/** Commands in. */
@Controller()
export class DispatcherController {
  constructor(
    private readonly messages: MessagesService,
    private readonly listings: ListingsService,
    private readonly counts: CountsService,
  ) {}

  @CommandHandler('dispatcher', 'message.get')
  get(request: CommandRequest<'dispatcher', 'message.get'>): Promise<MessageRecord | null> {
    return this.listings.get(request);
  }

  @CommandHandler('dispatcher', 'messages.list')
  list(
    request: CommandRequest<'dispatcher', 'messages.list'>,
  ): Promise<CommandReply<'dispatcher', 'messages.list'>> {
    return this.listings.list(request);
  }

  @CommandHandler('dispatcher', 'messages.detail')
  detail(
    request: CommandRequest<'dispatcher', 'messages.detail'>,
  ): Promise<AddressedMessageRecord> {
    return this.listings.detail(request);
  }

  @CommandHandler('dispatcher', 'messages.count')
  count(
    request: CommandRequest<'dispatcher', 'messages.count'>,
  ): Promise<CommandReply<'dispatcher', 'messages.count'>> {
    return this.counts.count(request);
  }

  /** Carried out again it says and writes the same, so that no reply of it is stored. */
  @CommandHandler('dispatcher', 'outcomes')
  async outcomes({
    messages,
  }: CommandRequest<'dispatcher', 'outcomes'>): Promise<{ settled: number }> {
    return { settled: await this.messages.settle(messages) };
  }
}
