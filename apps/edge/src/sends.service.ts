import { Injectable } from '@nestjs/common';
import { CallersService } from './callers.service';
import { checkMaySend, type Caller } from './domain/admission';
import { KeyConcurrency } from './domain/key-concurrency';
import { callersTraceparent } from './domain/request-id';
import { readSendRequest, type RawSend } from './domain/send-request';
import { SubmissionsService, type SendOutcome } from './submissions.service';

/** What the edge does for a send, in the order of the contract: body, staging and activity, then the path. */
@Injectable()
export class SendsService {
  private readonly concurrency = new KeyConcurrency();

  constructor(
    private readonly callers: CallersService,
    private readonly submissions: SubmissionsService,
  ) {}

  /**
   * @param traceparent the caller's header, if any
   * @throws AppError what the edge itself refuses; nothing was spent
   */
  async send(caller: Caller, raw: RawSend, traceparent: unknown): Promise<SendOutcome> {
    const request = readSendRequest(raw);
    checkMaySend(caller, {
      isFake: request.flags.isFake,
      recipient: request.facts.recipient,
      hashNumber: this.callers.hashNumber,
    });
    return this.concurrency.run(caller.key, () =>
      this.submissions.submit(caller, request, callersTraceparent(traceparent)),
    );
  }
}
