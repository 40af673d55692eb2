import type { Agenda } from './domain/agenda';
import {
  pricingJson,
  scriptOf,
  type Priced,
  type StatusName,
  type StatusScript,
} from './domain/status-scripts';
import type { Update } from './domain/updates';
import type { PhoneNumbers } from './phone-numbers';
import type { WebhookSender } from './webhook-sender';
import type { WebhookSettings } from './webhook-settings';

/** A message that was accepted. */
export interface AcceptedMessage extends Priced {
  readonly phoneNumberId: string;
  readonly wamid: string;
  readonly waId: string;
  /** `biz_opaque_callback_data`, which every status of the message carries. */
  readonly callbackData: string | null;
}

interface StatusParts {
  readonly settings: WebhookSettings;
  readonly sender: WebhookSender;
  readonly agenda: Agenda;
  readonly numbers: PhoneNumbers;
}

const ERROR_HREF = 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/';

/** What becomes of accepted messages: sent, delivered, read, or what the script of a magic recipient says. */
export class MessageStatuses {
  constructor(private readonly parts: StatusParts) {}

  /** Lets the statuses of a message come, each in its time. */
  follow(message: AcceptedMessage): void {
    const { settings, numbers, sender } = this.parts;
    const { url, hasStatuses, delaysMs } = settings.current;
    if (url === null || !hasStatuses) return;
    const wabaId = numbers.wabaOf(message.phoneNumberId);
    if (!numbers.isSubscribed(wabaId)) return;
    const script = scriptOf(message.waId);
    const updateOf = (status: StatusName): Update => ({
      kind: 'statuses',
      wabaId,
      phoneNumberId: message.phoneNumberId,
      json: statusJson(message, status, script),
    });
    if (script.isTogether) {
      this.after(delaysMs[0], () => {
        sender.sendTogether(script.statuses.map(updateOf));
      });
      return;
    }
    script.statuses.forEach((status, index) => {
      const copies = Array.from({ length: script.copies ?? 1 }, () => status);
      const send = (): void => {
        sender.send(...copies.map(updateOf));
      };
      if (script.isAtOnce) send();
      else this.after(delaysMs[index] ?? 0, send);
    });
  }

  private after(delayMs: number, job: () => void): void {
    this.parts.agenda.add(performance.now() + delayMs, job);
  }
}

/** Meta prices a message twice: when it is sent, and when it is delivered, or read without that. */
function statusJson(message: AcceptedMessage, status: StatusName, script: StatusScript): string {
  const { wamid, waId, callbackData } = message;
  const isPriced =
    status === 'sent' ||
    status === 'delivered' ||
    (status === 'read' && !script.statuses.includes('delivered'));
  const pricing = isPriced ? `,"pricing":${pricingJson(message, script)}` : '';
  const data =
    callbackData === null ? '' : `,"biz_opaque_callback_data":${JSON.stringify(callbackData)}`;
  const errors =
    status === 'failed' && script.error
      ? `,"errors":[${JSON.stringify({
          code: script.error.code,
          title: script.error.title,
          message: script.error.title,
          error_data: { details: script.error.details },
          href: ERROR_HREF,
        })}]`
      : '';
  const timestamp = Math.floor(Date.now() / 1_000);
  return `{"id":"${wamid}","status":"${status}","timestamp":"${timestamp}","recipient_id":"${waId}"${data}${pricing}${errors}}`;
}
