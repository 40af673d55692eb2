import type { BrokerClock } from '@gateway/messaging';
import { freesKey } from './domain/message-state';
import { requestDigest } from './request-digest';
import { verdictOf } from './domain/stored-verdict';
import { refusal, type Refusal } from './domain/verdict';
import type { IdempotencyStore, KeyHolder } from './idempotency.store';
import type { OutgoingMessage } from './outgoing-message';
import type { RedeliveryService } from './redelivery.service';

/** What is known of messages with an idempotency key. */
export interface Repeats {
  /** Concluded by the key's holder: their rows are to be written. */
  readonly concluded: OutgoingMessage[];
  /** Nobody holds their key. */
  readonly free: OutgoingMessage[];
}

const IN_PROGRESS: Refusal = refusal('GW_006', {}, 1);
const OTHER_REQUEST: Refusal = refusal('GW_007');

/** Answers a request whose idempotency key was used before by what became of the first. */
export class RepeatsService {
  constructor(
    private readonly keys: IdempotencyStore,
    private readonly redelivery: RedeliveryService,
    private readonly brokerClock: BrokerClock,
  ) {}

  /** @throws the store's error */
  async look(messages: readonly OutgoingMessage[]): Promise<Repeats> {
    const holders = await this.holdersOf(messages);
    // Whether a holder that is `sending` still runs is told by the same rule as for a redelivered record.
    const open = [...holders.values()].filter(({ message }) => message.state === 'sending');
    const rows = await this.redelivery.find(open.map(({ message }) => message.messageId));
    const repeats: Repeats = { concluded: [], free: [] };
    for (const message of messages) {
      const holder = holders.get(keyOf(message.appId, message.journey.idempotencyHash ?? ''));
      if (!holder || holder.message.messageId === message.messageId) repeats.free.push(message);
      else {
        const first = rows.get(holder.message.messageId) ?? holder.message;
        if (freesKey(first.state, first.errorCode)) repeats.free.push(message);
        else {
          concludeBy(message, holder, first);
          repeats.concluded.push(message);
        }
      }
    }
    return repeats;
  }

  private async holdersOf(
    messages: readonly OutgoingMessage[],
  ): Promise<ReadonlyMap<string, KeyHolder>> {
    const keys = new Map(
      messages.map(({ appId, journey }) => {
        const keyHash = journey.idempotencyHash ?? '';
        return [keyOf(appId, keyHash), { appId, keyHash }];
      }),
    );
    const holders = await this.keys.holders([...keys.values()], this.brokerClock.nowMs());
    return new Map(holders.map((holder) => [keyOf(holder.appId, holder.keyHash), holder]));
  }
}

function concludeBy(
  message: OutgoingMessage,
  holder: KeyHolder,
  first: KeyHolder['message'],
): void {
  message.forgoKey();
  const answer = verdictOf(first);
  if (holder.bodyHash !== requestDigest(message)) message.conclude(OTHER_REQUEST);
  else if (answer === null) message.conclude(IN_PROGRESS);
  else message.concludeAsRepeat(first.messageId, answer);
}

const keyOf = (appId: string, keyHash: string): string => `${appId} ${keyHash}`;
