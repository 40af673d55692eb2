import {
  CUSTOMER_CALLBACK_CHARACTERS_MAX,
  objectOf,
  parseCallbackData,
  type MetaErrorDetails,
  type MetaEvent,
} from '@gateway/contracts';
import { DELIVERY_STATES, type DeliveryState } from './message-state';

/** One status of Meta's, as it concerns a message. */
export interface StatusReport {
  /** UUID that came back in the callback data; null when it carries none. */
  readonly messageId: string | null;
  readonly wamid: string;
  readonly phoneNumberId: string;
  readonly status: DeliveryState;
  /** Meta's time, Unix milliseconds. */
  readonly atMs: number;
  readonly error: MetaErrorDetails | null;
  /** What Meta says of its price; null when it says nothing. */
  readonly price: { readonly category: string; readonly billable: boolean } | null;
  /** Digits with country code; null when Meta names the recipient otherwise. */
  readonly recipient: string | null;
  /**
   * Whether the message can be one of ours although it carries no id: then its wamid may not be stored yet. Everything
   * else without an id was sent elsewhere.
   */
  readonly mayBeKnownByWamid: boolean;
}

const STATES: ReadonlyMap<string, DeliveryState> = new Map([
  ...DELIVERY_STATES.map((state) => [state, state] as const),
  // Of a voice message: more than read is not told apart.
  ['played', 'read'],
]);

const CATEGORY = /^[a-z][a-z_-]{0,49}$/;
const RECIPIENT = /^[1-9]\d{6,14}$/;
const TEXT_LENGTH_MAX = 1_000;

/**
 * @param stampMs the broker's stamp of the record: the time of a status that carries none, and never later
 * @returns null for what is no status of a message, or one that says nothing of its state
 */
export function statusReportOf(event: MetaEvent, stampMs: number): StatusReport | null {
  const { kind, item, phoneNumberId, atMs } = event;
  const status = typeof item.status === 'string' ? STATES.get(item.status) : undefined;
  if (kind !== 'status' || status === undefined || phoneNumberId === null) return null;
  const { id, recipient_id: recipient, biz_opaque_callback_data: callbackData } = item;
  return {
    messageId: parseCallbackData(callbackData)?.messageId ?? null,
    wamid: id as string,
    phoneNumberId,
    status,
    atMs: Math.min(atMs ?? stampMs, stampMs),
    error: status === 'failed' ? errorOf(item) : null,
    price: priceOf(item),
    recipient: typeof recipient === 'string' && RECIPIENT.test(recipient) ? recipient : null,
    mayBeKnownByWamid:
      typeof callbackData === 'string' && callbackData.length > CUSTOMER_CALLBACK_CHARACTERS_MAX,
  };
}

/** Charged is `regular`, or what is `billable` when there is no type. */
function priceOf({ pricing }: MetaEvent['item']): StatusReport['price'] {
  const { type, billable, category } = objectOf(pricing) ?? {};
  if (typeof category !== 'string' || !CATEGORY.test(category)) return null;
  return { category, billable: type === undefined ? billable === true : type === 'regular' };
}

function errorOf({ errors }: MetaEvent['item']): MetaErrorDetails {
  const error = objectOf(Array.isArray(errors) ? errors[0] : undefined) ?? {};
  return {
    code: Number.isSafeInteger(error.code) ? (error.code as number) : null,
    subcode: null,
    title: textOf(error.title) ?? textOf(error.message),
    details: textOf(objectOf(error.error_data)?.details),
    fbtrace_id: null,
  };
}

/** Postgres keeps no text with a NUL. */
const textOf = (value: unknown): string | null =>
  typeof value === 'string' ? value.replaceAll('\0', '').slice(0, TEXT_LENGTH_MAX) : null;
