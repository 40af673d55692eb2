import type { ApplicationContext, MetaEvent } from '@gateway/contracts';
import { parseCallbackData, withoutCallbackPrefix } from '@gateway/contracts';
import { createHash } from 'node:crypto';
import type { AcceptableEvent, UnmatchedEvent } from './events.store';

const DAY_MS = 86_400_000;
/** Meta repeats a webhook for seven days: within eight the partition of its own time keeps it unique. */
const PLAUSIBLE_BEFORE_MS = 8 * DAY_MS;
const PLAUSIBLE_AFTER_MS = DAY_MS;

/** An event as it came: read, raw, and when the broker got it. */
export interface ArrivedEvent {
  readonly event: MetaEvent;
  readonly payload: Buffer;
  readonly stampMs: number;
}

/** What an event is to one application: the same id whenever Meta sends the same again. */
export function acceptableEvent(
  { event, payload, stampMs }: ArrivedEvent,
  { appId, orgId }: ApplicationContext,
): AcceptableEvent {
  const id = uuidOf(appId, event.id);
  const isStatus = event.kind === 'status';
  return {
    id,
    ...partitionTime(event, stampMs),
    appId,
    orgId,
    event: event.event,
    orderKey: event.kind === 'change' ? id : uuidOf(appId, String(event.item.id)),
    messageId: isStatus
      ? (parseCallbackData(event.item.biz_opaque_callback_data)?.messageId ?? null)
      : null,
    payload: isStatus ? withoutCallbackPrefix(payload) : payload,
  };
}

/** An event of a number that no application has, as it came. */
export function unmatchedEvent({ event, payload, stampMs }: ArrivedEvent): UnmatchedEvent {
  const { wabaId, phoneNumberId } = event;
  const { atMs } = partitionTime(event, stampMs);
  const id = uuidOf(wabaId, phoneNumberId ?? '', event.id);
  return { id, atMs, wabaId, phoneNumberId, payload, stampMs };
}

/** The time inside the event, or when the broker got it when that is missing or cannot be. */
function partitionTime(
  { atMs }: MetaEvent,
  stampMs: number,
): Pick<AcceptableEvent, 'atMs' | 'isStrange'> {
  const isPlausible =
    atMs !== null && atMs > stampMs - PLAUSIBLE_BEFORE_MS && atMs < stampMs + PLAUSIBLE_AFTER_MS;
  return isPlausible ? { atMs, isStrange: false } : { atMs: Math.floor(stampMs), isStrange: true };
}

/** The first 128 bits of SHA-256. */
function uuidOf(...parts: readonly string[]): string {
  const hex = createHash('sha256').update(parts.join('|')).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** What the receiver sees as `webhook-id`: of the event, so that every attempt, resend and replay has the same. */
export const webhookIdOf = (eventId: string): string => `evt_${eventId.replaceAll('-', '')}`;
