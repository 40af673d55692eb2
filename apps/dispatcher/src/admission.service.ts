import type { BrokerClock } from '@gateway/messaging';
import type { MetaErrorDetails } from '@gateway/contracts';
import type { Channel, ChannelsService } from './channels.service';
import { FakeIds, fakeAnswer, fakeReadAnswer } from './domain/fake-answer';
import {
  EXPIRED,
  NOT_SENT,
  refusal,
  throttledLocally,
  type Refusal,
  type Verdict,
} from './domain/verdict';
import type { LeaseService } from './lease.service';
import type { OutgoingMessage } from './outgoing-message';
import type { PermitsService } from './permits.service';
import { requestDigest } from './request-digest';

/**
 * `claim`: its row is to be written, for a call or with how it ended; `look-at-key`: it is to be refused, unless the
 * first request with its key has an outcome; `await-permit`, `await-channel`: not yet.
 */
export type Step = 'claim' | 'look-at-key' | 'await-permit' | 'await-channel';

/** The edge may know of a change to an application a little earlier than the topic tells it here. */
const CHANNEL_WAIT_MS = 1_500;
const META_OVER_THROUGHPUT = 130_429;

/** Whether a message may be called now, and as whom; what may not has its refusal before any row is written. */
export class AdmissionService {
  private readonly fakeIds = new FakeIds();

  constructor(
    private readonly channels: ChannelsService,
    private readonly permits: PermitsService,
    private readonly lease: LeaseService,
    private readonly brokerClock: BrokerClock,
  ) {}

  /** @param refused why it may not, when that is known already */
  admit(message: OutgoingMessage, refused?: Refusal): Step {
    const { journey } = message;
    // Judged without its key: a late request did nothing, whatever became of an earlier one.
    if (journey.isLate || this.brokerClock.nowMs() >= message.deadlineMs) {
      message.conclude(EXPIRED);
      return 'claim';
    }
    const refusedBefore = refused ?? (journey.refusal && refusal(journey.refusal));
    if (refusedBefore) return this.refuse(message, refusedBefore);
    return message.isFake ? this.admitFake(message) : this.admitReal(message);
  }

  overAppBound(): Refusal {
    return throttledLocally(1);
  }

  overNumberBound({ channel }: OutgoingMessage): Refusal {
    return throttledLocally(channel ? this.permits.retryAfterSeconds(channel.phoneNumberId) : 1);
  }

  /** Takes from Meta's answer what holds for the number as a whole. */
  learn({ channel }: OutgoingMessage, verdict: Verdict): void {
    if (!channel || verdict.state === 'accepted' || verdict.code !== 'META_003') return;
    const meta = verdict.params.meta as MetaErrorDetails | undefined;
    if (meta?.code === META_OVER_THROUGHPUT) this.permits.throttled(channel.phoneNumberId);
  }

  private admitFake(message: OutgoingMessage): Step {
    takeKey(message);
    message.conclude(
      message.isRead
        ? fakeReadAnswer()
        : fakeAnswer(this.fakeIds.next(this.brokerClock.nowMs(), this.lease.slot)),
    );
    return 'claim';
  }

  private admitReal(message: OutgoingMessage): Step {
    const answer = this.channels.of(message.appId, message.orgId);
    if (answer.kind === 'channel') return this.admitOver(message, answer.channel);
    if (answer.kind === 'unreadable') return this.refuse(message, refusal('GW_500'));
    if (this.brokerClock.nowMs() - message.takenAtMs < CHANNEL_WAIT_MS) return 'await-channel';
    return this.refuse(message, answer.kind === 'inactive' ? refusal('AUTH_007') : NOT_SENT);
  }

  private admitOver(message: OutgoingMessage, channel: Channel): Step {
    message.channel = channel;
    const permit = this.permits.ask(message, channel.phoneNumberId);
    if (permit === 'refused') return this.refuse(message, this.overNumberBound(message));
    takeKey(message);
    return permit === 'granted' ? 'claim' : 'await-permit';
  }

  private refuse(message: OutgoingMessage, refused: Refusal): Step {
    message.forgoKey();
    if (message.journey.idempotencyHash !== undefined) {
      message.refusal = refused;
      return 'look-at-key';
    }
    message.conclude(refused);
    return 'claim';
  }
}

function takeKey(message: OutgoingMessage): void {
  if (message.journey.idempotencyHash === undefined) return;
  message.keyHash = message.journey.idempotencyHash;
  message.bodyHash = requestDigest(message);
}
