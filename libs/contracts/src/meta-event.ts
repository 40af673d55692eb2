import { createHash } from 'node:crypto';
import { objectOf, parseObject } from './untrusted';

/** The events that a customer subscribes to (`contract.md` section 5). */
export const CUSTOMER_EVENTS = [
  'messages',
  'message_status',
  'read',
  'message_template_status',
  'account',
] as const;
export type CustomerEvent = (typeof CUSTOMER_EVENTS)[number];

/** One message, status or change of Meta's webhooks, as it is read out of a record of `meta.event.v1`. */
export interface MetaEvent {
  readonly wabaId: string;
  /** Null for changes of the account that name no number. */
  readonly phoneNumberId: string | null;
  /** Meta's `changes[].field`. */
  readonly field: string;
  /** What it is to a customer. */
  readonly event: CustomerEvent;
  /**
   * The same whenever Meta sends the same again: `message:<wamid>`, `status:<wamid>:<status>[:<participant>]`, else
   * `change:` and the SHA-256 of the record: it holds WABA, entry time, field and value, byte for byte.
   */
  readonly id: string;
  /** Meta's time, Unix milliseconds; null when the event carries none. */
  readonly atMs: number | null;
  /** The message, the status, or the change's whole value. */
  readonly item: Readonly<Record<string, unknown>>;
  /** A message or status has Meta's id; what lacks it is a change. */
  readonly kind: 'message' | 'status' | 'change';
}

type Fields = Readonly<Record<string, unknown>>;
type Reading = Pick<MetaEvent, 'event' | 'id' | 'atMs' | 'item' | 'kind'>;

/** Meta's ids are digits, but its own examples hold others; what is checked is what a key or a column can take. */
const ACCOUNT_ID = /^[\x21-\x7e]{1,64}$/;
const FIELD = /^[a-z0-9_]{1,100}$/;
const ITEM_ID = /^[\x21-\x7e]{1,512}$/;
const STATUS = /^[a-z_]{1,32}$/;

/**
 * A record's value as a `MetaEvent`, or null when it is none: Meta's own structure with one entry, one change, and at
 * most one message or status. The raw bytes stay what the customer gets; this is a view of them.
 */
export function parseMetaEvent(value: Buffer | null): MetaEvent | null {
  const body = parseObject(value);
  const entry = onlyOne(body?.entry);
  const change = onlyOne(entry?.changes);
  if (!value || !entry || !change || body?.object !== 'whatsapp_business_account') return null;
  const { id: wabaId } = entry;
  const { field } = change;
  const content = objectOf(change.value);
  if (!content || !isText(wabaId, ACCOUNT_ID) || !isText(field, FIELD)) return null;
  const reading = itemOf(field, content) ?? changeOf(field, content, entry, value);
  return { wabaId, phoneNumberId: phoneNumberIdOf(content), field, ...reading };
}

/** Other fields have lists of the same names, with other things in them. */
const itemOf = (field: string, content: Fields): Reading | null =>
  field === 'messages' ? (messageOf(content) ?? statusOf(content)) : null;

function messageOf(content: Fields): Reading | null {
  const item = onlyOne(content.messages);
  if (!item || !isText(item.id, ITEM_ID)) return null;
  const id = `message:${item.id}`;
  return { event: 'messages', id, atMs: timeOf(item.timestamp), item, kind: 'message' };
}

function statusOf(content: Fields): Reading | null {
  const item = onlyOne(content.statuses);
  if (!item || !isText(item.id, ITEM_ID) || !isText(item.status, STATUS)) return null;
  return {
    event: eventOfStatus(item.status),
    id: `status:${item.id}:${item.status}${participantOf(item)}`,
    atMs: timeOf(item.timestamp),
    item,
    kind: 'status',
  };
}

/** Each participant of a group has a status of its own for the one message; his number may be missing. */
function participantOf(status: Fields): string {
  const { recipient_participant_id: number, recipient_participant_user_id: userId } = status;
  if (isText(number, ITEM_ID)) return `:${number}`;
  return isText(userId, ITEM_ID) ? `:${userId}` : '';
}

function changeOf(field: string, content: Fields, entry: Fields, record: Buffer): Reading {
  const list = Object.values(content).find(
    (each) => Array.isArray(each) && objectOf(each[0])?.timestamp !== undefined,
  ) as readonly Fields[] | undefined;
  return {
    event: eventOfChange(field, content),
    id: `change:${createHash('sha256').update(record).digest('hex')}`,
    atMs: timeOf(entry.time) ?? timeOf(list?.[0]?.timestamp),
    item: content,
    kind: 'change',
  };
}

/** Field `messages` without any message is Meta's report of an error of the account. */
function eventOfChange(field: string, { messages, statuses }: Fields): CustomerEvent {
  if (field.startsWith('message_template_') || field.startsWith('template_')) {
    return 'message_template_status';
  }
  if (field !== 'messages') return 'account';
  if (Array.isArray(messages) && messages.length > 0) return 'messages';
  if (!Array.isArray(statuses) || statuses.length === 0) return 'account';
  return eventOfStatus(objectOf(statuses[0])?.status);
}

const eventOfStatus = (status: unknown): CustomerEvent =>
  status === 'read' || status === 'played' ? 'read' : 'message_status';

const onlyOne = (list: unknown): Fields | null =>
  Array.isArray(list) && list.length === 1 ? objectOf(list[0]) : null;

const isText = (value: unknown, pattern: RegExp): value is string =>
  typeof value === 'string' && pattern.test(value);

function phoneNumberIdOf(content: Fields): string | null {
  const id = objectOf(content.metadata)?.phone_number_id;
  return isText(id, ACCOUNT_ID) ? id : null;
}

/** Meta writes Unix seconds, as text or as a number, and in some entries milliseconds. */
function timeOf(timestamp: unknown): number | null {
  const text = typeof timestamp === 'number' ? String(timestamp) : timestamp;
  if (typeof text !== 'string' || !/^\d{1,13}$/.test(text)) return null;
  return text.length === 13 ? Number(text) : Number(text) * 1_000;
}
