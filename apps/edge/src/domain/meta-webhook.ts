import { JsonCursor, type Span } from './json-cursor';

/** A list in the bytes, with where its elements lie. */
export interface List<T extends Span = Span> extends Span {
  readonly elements: readonly T[];
}

/** A message, a status or a contact, and the people that it names. */
export interface Item extends Span {
  readonly names: readonly string[];
}

export interface Change extends Span {
  readonly field: string | null;
  readonly phoneNumberId: string | null;
  /** Null: no list, or none to be split. */
  readonly messages: List<Item> | null;
  readonly statuses: List<Item> | null;
  readonly contacts: List<Item> | null;
  /** It has no field, no value, or one of them twice: nobody can tell what it says. */
  readonly isBroken: boolean;
}

type Content = Omit<Change, 'field'>;

export interface Entry extends Span {
  readonly wabaId: string | null;
  readonly changes: List<Change> | null;
  readonly isBroken: boolean;
}

export interface Webhook extends Span {
  readonly object: string | null;
  readonly entries: List<Entry> | null;
  readonly isBroken: boolean;
}

/** Meta's deepest documented payload has 14 levels. */
const LEVELS_MAX = 64;

const PEOPLE: ReadonlySet<string> = new Set([
  'from',
  'from_user_id',
  'recipient_id',
  'recipient_user_id',
  'recipient_participant_id',
  'recipient_participant_user_id',
  'wa_id',
  'user_id',
]);

/**
 * Where everything of a webhook lies that is needed to cut it into its updates.
 *
 * @throws JsonSyntaxError when it is no JSON or nests too deep
 */
export function readWebhook(json: Buffer): Webhook {
  const cursor = new JsonCursor(json, LEVELS_MAX);
  const webhook = new WebhookReader(cursor).webhook();
  cursor.end();
  return webhook;
}

class WebhookReader {
  constructor(private readonly cursor: JsonCursor) {}

  webhook(): Webhook {
    let object: string | null = null;
    let entries: List<Entry> | null = null;
    const part = this.members({
      object: () => (object = this.cursor.stringValue()),
      entry: () => (entries = this.list(() => this.entry())),
    });
    return { ...part, object, entries };
  }

  private entry(): Entry {
    let wabaId: string | null = null;
    let changes: List<Change> | null = null;
    const part = this.members({
      id: () => (wabaId = this.cursor.stringValue()),
      time: () => this.cursor.value(),
      changes: () => (changes = this.list(() => this.change())),
    });
    return { ...part, wabaId, changes };
  }

  private change(): Change {
    const found: { field: string | null; content: Content | null } = { field: null, content: null };
    const part = this.members({
      field: () => (found.field = this.cursor.stringValue()),
      value: () => (found.content = this.content()),
    });
    const { field, content } = found;
    const isBroken = part.isBroken || !content || content.isBroken || field === null;
    return { ...EMPTY, ...content, ...part, field, isBroken };
  }

  private content(): Content {
    let phoneNumberId: string | null = null;
    const lists: Pick<Change, 'messages' | 'statuses' | 'contacts'> = { ...EMPTY };
    const readList = (name: keyof typeof lists) => () => {
      Object.assign(lists, { [name]: this.list(() => this.item()) });
    };
    const part = this.members({
      metadata: () => (phoneNumberId = this.phoneNumberId()),
      messages: readList('messages'),
      statuses: readList('statuses'),
      contacts: readList('contacts'),
    });
    return { ...part, ...lists, phoneNumberId };
  }

  private phoneNumberId(): string | null {
    let id: string | null = null;
    this.members({ phone_number_id: () => (id = this.cursor.stringValue()) });
    return id;
  }

  private item(): Item {
    const names: string[] = [];
    if (!this.cursor.isAtObject()) return { ...this.cursor.value(), names };
    const span = this.cursor.object((name) => {
      const text = PEOPLE.has(name) ? this.cursor.stringValue() : (this.cursor.value(), null);
      if (text !== null) names.push(text);
    });
    return { ...span, names };
  }

  private list<T extends Span>(readElement: () => T): List<T> | null {
    if (!this.cursor.isAtArray()) {
      this.cursor.value();
      return null;
    }
    const elements: T[] = [];
    const span = this.cursor.array(() => elements.push(readElement()));
    return { ...span, elements };
  }

  /** An object, each of whose known members is read as told; broken when it is none, or has one of them twice. */
  private members(readers: Readonly<Record<string, () => unknown>>): Span & { isBroken: boolean } {
    if (!this.cursor.isAtObject()) return { ...this.cursor.value(), isBroken: true };
    const seen = new Set<string>();
    let isBroken = false;
    const span = this.cursor.object((name) => {
      if (!Object.hasOwn(readers, name)) {
        this.cursor.value();
        return;
      }
      isBroken ||= seen.has(name);
      seen.add(name);
      readers[name]?.();
    });
    return { ...span, isBroken };
  }
}

const EMPTY = { phoneNumberId: null, messages: null, statuses: null, contacts: null };
