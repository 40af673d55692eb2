import { Inject, Injectable } from '@nestjs/common';
import type { ApplicationRecord, KeyContext, TestNumberRecord } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { CLOCK, type Clock } from '@gateway/platform';
import type { MemberOfOrganization } from './domain/access';
import { readSendRequest, type SendRequest } from './domain/send-request';
import { OwnersService } from './owners.service';
import type { SandboxMessageDto, SandboxMessageResultDto } from './sandbox-message.dto';
import { SubmissionsService } from './submissions.service';

/** For somebody who tries things by hand. */
const LIMIT_PER_SECOND = 1;
const LIMIT_PER_MINUTE = 60;

/** Sends to a test number for a signed-in user: a message like any other, with limits of its own. */
@Injectable()
export class SandboxMessagesService {
  constructor(
    private readonly owners: OwnersService,
    private readonly submissions: SubmissionsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AppError GW_404 for another's application or number, AUTH_007, and what the path refuses */
  async send(
    { orgId, userId }: MemberOfOrganization,
    appId: string,
    { testNumberId, messageType, message }: SandboxMessageDto,
  ): Promise<SandboxMessageResultDto> {
    const startedAtMs = this.clock.nowMs();
    const reference = { userId, orgId, appId };
    const [application, numbers] = await Promise.all([
      this.owners.ask('auth', 'application.get', reference, orgId),
      this.owners.ask('auth', 'test-numbers.list', reference, orgId),
    ]);
    const number = numbers.find(({ id }) => id === testNumberId);
    if (!number) throw new AppError('GW_404');
    if (application.status !== 'ACTIVATED' || application.channel === null) {
      throw new AppError('AUTH_007');
    }
    const key = entryOf(application, orgId);
    const outcome = await this.submissions.submit({ key }, textTo(number, message));
    if (outcome.kind === 'refused') {
      const { code, params, retryAfterSeconds } = outcome;
      throw new AppError(code, { params, retryAfterSeconds });
    }
    const elapsedMs = Math.max(0, Math.round(this.clock.nowMs() - startedAtMs));
    const { messageId } = outcome;
    return { testNumberId, to: number.phoneNumber, messageType, messageId, elapsedMs };
  }
}

/** Stands in for an API key: its limits are counted under the application's own id. */
const entryOf = ({ id }: ApplicationRecord, orgId: string): KeyContext => ({
  keyId: id,
  orgId,
  appId: id,
  environment: 'staging',
  isActive: true,
  expiresAtMs: null,
  limitPerSecond: LIMIT_PER_SECOND,
  limitPerMinute: LIMIT_PER_MINUTE,
});

/** The same form and the same checks as what comes over the API. */
const textTo = ({ phoneNumber }: TestNumberRecord, message: string): SendRequest =>
  readSendRequest({
    body: Buffer.from(
      JSON.stringify({
        messaging_product: 'whatsapp',
        to: phoneNumber.replace(/^\+/, ''),
        type: 'text',
        text: { body: message },
      }),
    ),
    contentType: 'application/json',
    contentEncoding: undefined,
    query: {},
    idempotencyKey: undefined,
  });
