import { parseMetaEvent } from '@gateway/contracts';

/** What is told of one event, on one line. */
export interface EventLine {
  readonly at: Date;
  readonly body: Buffer;
  readonly isVerified: boolean;
  /** It was here before: a delivery may come more than once. */
  readonly isRepeated: boolean;
}

/** Terminals act on control characters, and what an event holds was written by strangers. */
const UNPRINTABLE = /[^\x20-\x7e]/g;
const WORD_LENGTH_MAX = 200;

/** Time, event, state and wamid of an event; nothing of what people wrote. */
export function eventLine({ at, body, isVerified, isRepeated }: EventLine): string {
  const [event, state, id] = summaryOf(body);
  const parts = [
    at.toISOString().slice(11, 23),
    isVerified ? 'signature ok ' : 'SIGNATURE BAD',
    event.padEnd(23),
    state.padEnd(10),
    id,
    isRepeated ? '(again)' : '',
  ];
  return parts.join('  ').trimEnd();
}

function summaryOf(body: Buffer): [event: string, state: string, id: string] {
  const event = parseMetaEvent(body);
  if (event === null) return ['unknown', '', ''];
  const { item, kind } = event;
  if (kind === 'status') return [event.event, word(item.status), word(item.id)];
  if (kind === 'message') return [event.event, word(item.type), word(item.id)];
  return [event.event, word(item.event), event.field];
}

const word = (value: unknown): string =>
  typeof value === 'string' ? value.replace(UNPRINTABLE, '?').slice(0, WORD_LENGTH_MAX) : '';
