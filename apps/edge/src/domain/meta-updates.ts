import type { Span } from './json-cursor';
import { readWebhook, type Change, type Entry, type Item, type List } from './meta-webhook';

/** One message, one status or one other change, in an envelope of its own: a record of `meta.event.v1`. */
export interface MetaUpdate {
  /** Phone number id, else WABA id: what belongs to one number stays in order. */
  readonly key: string;
  readonly value: Buffer;
  /** It is not of Meta's structure; whoever handles it will keep it where people look. */
  readonly isBroken: boolean;
}

/** Not Meta's structure, or none of its parts is. */
export class NotAWebhookError extends Error {
  override readonly name = 'NotAWebhookError';
}

/** Ten times what Meta puts into one webhook. */
const UPDATES_MAX = 10_000;
/** What is in front of and behind a list goes into the envelope of each of its elements. */
const BYTES_MAX = 32 * 1_048_576;
const KEY = /^[\x21-\x7e]{1,64}$/;
const UNKNOWN_KEY = 'unknown';
const COMMA = Buffer.from(',');

/** What stays of a list, and what stays of the lists inside of what stays. */
interface Kept {
  readonly list: Span;
  readonly elements: readonly { readonly span: Span; readonly inside: readonly Kept[] }[];
}

/**
 * Cuts a webhook into its updates. The bytes stay as Meta wrote them: of each list all elements but one are left out,
 * and of `contacts` those that belong to others. One that holds a single update is that update as it is. A part that
 * is broken comes as an update of its own and takes no other with it.
 *
 * @throws NotAWebhookError when nothing in it is of Meta's structure
 * @throws JsonSyntaxError when it is no JSON
 */
export function cutWebhook(body: Buffer): MetaUpdate[] {
  const { object, entries, isBroken, start, end } = readWebhook(body);
  if (isBroken || !entries || object !== 'whatsapp_business_account') {
    throw new NotAWebhookError('the structure is not that of a WhatsApp webhook');
  }
  const drafts = entries.elements.flatMap((entry) => draftsOf(entry, entries));
  if (drafts.length > UPDATES_MAX || drafts.every((draft) => draft.isBroken)) {
    throw new NotAWebhookError(
      `of ${drafts.length} updates none can be read, or they are too many`,
    );
  }
  const [only, ...others] = drafts;
  if (only && others.length === 0) return [{ key: only.key, isBroken: only.isBroken, value: body }];
  let bytes = 0;
  return drafts.map(({ kept, ...draft }) => {
    const value = cut(body, { start, end }, [kept]);
    bytes += value.length;
    if (bytes > BYTES_MAX) throw new NotAWebhookError('its updates are too large');
    return { ...draft, value };
  });
}

type Draft = Omit<MetaUpdate, 'value'> & { readonly kept: Kept };

function draftsOf(entry: Entry, entries: List): Draft[] {
  const { wabaId, changes } = entry;
  const keep = (inside: readonly Kept[]): Kept => ({
    list: entries,
    elements: [{ span: entry, inside }],
  });
  const hasId = wabaId !== null && KEY.test(wabaId);
  const key = hasId ? wabaId : UNKNOWN_KEY;
  if (entry.isBroken || !hasId || !changes || changes.elements.length === 0) {
    return [{ key, isBroken: true, kept: keep([]) }];
  }
  return changes.elements.flatMap((change) =>
    partsOf(change).map((inside) => ({
      key: keyOf(change) ?? key,
      isBroken: change.isBroken,
      kept: keep([{ list: changes, elements: [{ span: change, inside }] }]),
    })),
  );
}

const keyOf = ({ phoneNumberId }: Change): string | null =>
  phoneNumberId !== null && KEY.test(phoneNumberId) ? phoneNumberId : null;

/** For each update of a change what stays of its lists; nothing is to be left out of a change that is one update. */
function partsOf({ field, isBroken, messages, statuses, contacts }: Change): Kept[][] {
  const lists = [messages, statuses].filter((list) => list !== null);
  const items = lists.flatMap((list) => list.elements.map((item) => ({ list, item })));
  if (isBroken || field !== 'messages' || items.length <= 1) return [[]];
  const contactsOf = contacts && belonging(items, contacts);
  return items.map(({ list, item }) => {
    const others = lists.filter((other) => other !== list).map((other) => keptOf(other, []));
    const own = keptOf(list, [item]);
    const people = contacts && contactsOf ? [keptOf(contacts, contactsOf(item))] : [];
    return [own, ...others, ...people].sort((one, other) => one.list.start - other.list.start);
  });
}

/** A contact goes with the items that name it; one that nobody names goes with all. */
function belonging(
  items: readonly { readonly item: Item }[],
  { elements }: List<Item>,
): (item: Item) => readonly Item[] {
  const named = new Set(items.flatMap(({ item }) => item.names));
  const byName = new Map<string, Item[]>();
  const common: Item[] = [];
  for (const contact of elements) {
    const names = contact.names.filter((name) => named.has(name));
    if (names.length === 0) common.push(contact);
    for (const name of names) byName.set(name, [...(byName.get(name) ?? []), contact]);
  }
  return ({ names }) => {
    const own = new Set([...common, ...names.flatMap((name) => byName.get(name) ?? [])]);
    return [...own].sort((one, other) => one.start - other.start);
  };
}

const keptOf = (list: Span, elements: readonly Span[]): Kept => ({
  list,
  elements: elements.map((span) => ({ span, inside: [] })),
});

function cut(body: Buffer, span: Span, kept: readonly Kept[]): Buffer {
  const pieces: Buffer[] = [];
  const write = ({ start, end }: Span, lists: readonly Kept[]): void => {
    let at = start;
    for (const { list, elements } of lists) {
      pieces.push(body.subarray(at, list.start + 1));
      elements.forEach((element, index) => {
        if (index > 0) pieces.push(COMMA);
        write(element.span, element.inside);
      });
      at = list.end - 1;
    }
    pieces.push(body.subarray(at, end));
  };
  write(span, kept);
  return Buffer.concat(pieces);
}
