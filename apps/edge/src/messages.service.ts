import { Inject, Injectable } from '@nestjs/common';
import type { KeyContext, MessageRecord, MessageState } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { MESSAGING, type Messaging } from '@gateway/messaging';
import { LOGGER, type Logger } from '@gateway/platform';
import type { Caller } from './domain/admission';
import { messageLookupId, publicMessageId } from './domain/message-id';
import { toUsd } from './domain/micro-dollars';
import { isAway, unavailable } from './service-away';

/** Both together stay under the 2 s within which an answer is due when a part is gone. */
const RECORD_TIMEOUT_MS = 1_200;
const COST_TIMEOUT_MS = 600;
const CONCURRENT_MAX = 500;
const CONCURRENT_PER_APP_MAX = 50;

/** A message as its customer sees it. */
export interface MessageView {
  /** `msg_<uuid>`. */
  readonly id: string;
  readonly wamid: string | null;
  readonly type: string;
  readonly state: MessageState;
  readonly isFake: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly statuses: MessageRecord['statuses'];
  /** Dollars charged so far, as decimal text; null while billing does not answer. */
  readonly costUsd: string | null;
  readonly error?: MessageRecord['error'];
}

/** Joins what the dispatcher knows of a message with what billing charged for it. */
@Injectable()
export class MessagesService {
  private readonly countByApp = new Map<string, number>();
  private count = 0;

  constructor(
    @Inject(MESSAGING) private readonly messaging: Messaging,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * @param id `msg_<uuid>` or `wamid...`
   * @throws AppError GW_404 for what is not this application's, GW_008 when the dispatcher does not answer
   */
  async find({ key }: Caller, id: string): Promise<MessageView> {
    const lookupId = messageLookupId(id);
    if (lookupId === null) throw new AppError('GW_404');
    const countOfApp = this.countByApp.get(key.appId) ?? 0;
    if (this.count >= CONCURRENT_MAX || countOfApp >= CONCURRENT_PER_APP_MAX) throw unavailable();
    this.count++;
    this.countByApp.set(key.appId, countOfApp + 1);
    try {
      const record = await this.record(key, lookupId);
      if (record === null) throw new AppError('GW_404');
      return view(record, await this.costUsd(key.orgId, record.messageId));
    } finally {
      this.count--;
      const left = (this.countByApp.get(key.appId) ?? 1) - 1;
      if (left > 0) this.countByApp.set(key.appId, left);
      else this.countByApp.delete(key.appId);
    }
  }

  private async record({ orgId, appId }: KeyContext, id: string): Promise<MessageRecord | null> {
    const options = { timeoutMs: RECORD_TIMEOUT_MS, key: appId };
    try {
      return await this.messaging.commands.call(
        'dispatcher',
        'message.get',
        { orgId, appId, id },
        options,
      );
    } catch (error) {
      throw isAway(error) ? unavailable(error) : error;
    }
  }

  /** A state without its cost is worth more than no answer. */
  private async costUsd(orgId: string, messageId: string): Promise<string | null> {
    const options = { timeoutMs: COST_TIMEOUT_MS, key: orgId };
    const request = { orgId, messageId };
    try {
      const cost = await this.messaging.commands.call('billing', 'message.cost', request, options);
      return toUsd(cost.costMicroUsd);
    } catch (error) {
      this.logger.warn({ err: error, command: 'message.cost', messageId }, 'cost.not-known');
      return null;
    }
  }
}

function view(record: MessageRecord, costUsd: string | null): MessageView {
  const { messageId, wamid, type, state, isFake, createdAt, updatedAt, statuses, error } = record;
  return {
    id: publicMessageId(messageId),
    wamid,
    type,
    state,
    isFake,
    createdAt,
    updatedAt,
    statuses,
    costUsd,
    ...(error === null ? {} : { error }),
  };
}
