import { parseMetaEvent } from '@gateway/contracts';
import { asMetaWrites, metaWebhooks } from '@gateway/testing';
import fc from 'fast-check';
import { cutWebhook, NotAWebhookError } from './meta-updates';

type Fields = Record<string, unknown>;
interface Body {
  readonly object: string;
  readonly entry: readonly { id: string; time?: number; changes: readonly Fields[] }[];
}

const WABA = '102290129340398';
const METADATA = { display_phone_number: '15550783881', phone_number_id: '106540352242922' };
const body = (...entry: unknown[]): Buffer =>
  asMetaWrites({ object: 'whatsapp_business_account', entry });
const change = (value: Fields, field = 'messages'): Fields => ({
  value: { messaging_product: 'whatsapp', metadata: METADATA, ...value },
  field,
});
const message = (id: string, from: string): Fields => ({ from, id: `wamid.${id}`, type: 'text' });
const contact = (waId: string): Fields => ({ profile: { name: `Zoë/${waId}` }, wa_id: waId });
const parsed = (value: Buffer): Body => JSON.parse(value.toString()) as Body;
const valueOf = (value: Buffer): Fields => parsed(value).entry[0]?.changes[0]?.value as Fields;
const idsOf = (updates: readonly { value: Buffer }[]): unknown[] =>
  updates.map(({ value }) => parseMetaEvent(value)?.id);

const SEEN = metaWebhooks();

describe('a webhook with one update', () => {
  it.each(SEEN.map(({ name, body: seen }) => [name, seen] as const))(
    'is that update, byte for byte: %s',
    (_name, seen) => {
      for (const written of [
        asMetaWrites(seen),
        Buffer.from(JSON.stringify(seen, null, 2)),
        Buffer.from(` ${JSON.stringify(seen)}\r\n`),
      ]) {
        const [update, ...more] = cutWebhook(written);
        expect(more).toEqual([]);
        expect(update?.isBroken).toBe(false);
        expect(update?.value.equals(written)).toBe(true);
      }
    },
  );

  it('is keyed by its phone number, else by its account', () => {
    expect(cutWebhook(body({ id: WABA, changes: [change({})] }))[0]?.key).toBe('106540352242922');
    for (const metadata of [
      undefined,
      [],
      {},
      { phone_number_id: 7 },
      { phone_number_id: 'a b' },
    ]) {
      expect(cutWebhook(body({ id: WABA, changes: [change({ metadata })] }))[0]?.key).toBe(WABA);
    }
  });
});

describe('a batch', () => {
  it('of everything that Meta documents comes apart into each of it, byte for byte', () => {
    const entry = SEEN.flatMap(({ body: seen }) => seen.entry as unknown[]);
    const updates = cutWebhook(body(...entry));
    expect(updates.map(({ value }) => value.toString())).toEqual(
      entry.map((each) => body(each).toString()),
    );
    expect(updates.filter(({ isBroken }) => isBroken)).toEqual([]);
  });

  it('of a thousand statuses in one change becomes a thousand records', () => {
    const statuses = Array.from({ length: 1_000 }, (_, index) => ({
      id: `wamid.${index}`,
      status: 'sent',
      timestamp: '1700000000',
      recipient_id: '16505551234',
    }));
    const updates = cutWebhook(body({ id: WABA, time: 1, changes: [change({ statuses })] }));
    expect(idsOf(updates)).toEqual(statuses.map(({ id }) => `status:${id}:sent`));
    expect(updates[999]?.value.toString()).toBe(
      body({ id: WABA, time: 1, changes: [change({ statuses: [statuses[999]] })] }).toString(),
    );
  });

  it('gives each record the contacts that it names, and those that nobody names to all', () => {
    const byUserId = { user_id: 'US.1', profile: { name: 'x' } };
    const contacts = [contact('1'), contact('2'), contact('9'), byUserId];
    const messages = [message('A', '1'), message('B', '2'), message('C', '1'), message('D', '7')];
    const value = { contacts, messages: [...messages, { id: 'wamid.E', from_user_id: 'US.1' }] };
    const updates = cutWebhook(body({ id: WABA, changes: [change(value)] }));
    expect(updates.map((update) => valueOf(update.value).contacts)).toEqual([
      [contact('1'), contact('9')],
      [contact('2'), contact('9')],
      [contact('1'), contact('9')],
      [contact('9')],
      [contact('9'), byUserId],
    ]);
  });

  it('leaves one kind of list empty while the other has the item', () => {
    const statuses = [{ id: 'wamid.S', status: 'sent' }];
    const value = { messages: [message('A', '1')], contacts: [contact('1')], statuses };
    const updates = cutWebhook(body({ id: WABA, changes: [change(value)] }));
    expect(idsOf(updates)).toEqual(['message:wamid.A', 'status:wamid.S:sent']);
    expect(updates.map((update) => valueOf(update.value).statuses)).toEqual([[], statuses]);
  });

  it('keeps what else stands in entry and value, errors too', () => {
    const errors = [{ code: 1 }];
    const value = { errors, messages: [message('A', '1'), message('B', '2')], more: { of: 'it' } };
    const updates = cutWebhook(body({ id: WABA, time: 7, more: 1, changes: [change(value)] }));
    for (const update of updates) {
      expect(parsed(update.value).entry[0]).toMatchObject({ id: WABA, time: 7, more: 1 });
      expect(valueOf(update.value)).toMatchObject({ errors, more: { of: 'it' } });
    }
  });

  it('does not split lists of the same names in other fields', () => {
    const statuses = [{ id: 'wacid.A' }, { id: 'wacid.B' }];
    expect(cutWebhook(body({ id: WABA, changes: [change({ statuses }, 'calls')] }))).toHaveLength(
      1,
    );
  });

  it('leaves numbers, escapes, the order of keys and blanks inside of items as Meta wrote them', () => {
    const items = [
      '{"z":9689556908129832001,"a":1.10,"id":"wamid.A","t":"\\u00e4\\/\\ud83d\\udc4d"}',
      '{ "id" : "wamid.B" , "n": -0.0e-7 }',
    ];
    const text = (of: string): string =>
      `{"entry":[{"changes":[{"field":"messages","value":{"messages":[${of}]}}],"id":"1"}],"object":"whatsapp_business_account"}`;
    expect(
      cutWebhook(Buffer.from(text(items.join(' ,\n')))).map(({ value }) => String(value)),
    ).toEqual(items.map(text));
  });

  it('loses nothing, whatever it is made of', () => {
    const item = fc.record({
      id: fc.string({ minLength: 1, maxLength: 5, unit: 'grapheme' }),
      from: fc.constantFrom('1', '2', '3'),
      text: fc.jsonValue({ maxDepth: 2 }),
    });
    const changes = fc.array(fc.array(item, { minLength: 1, maxLength: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(changes, { minLength: 1, maxLength: 3 }), (entries) => {
        const made = entries.map((of) => ({
          id: WABA,
          changes: of.map((messages) => change({ messages, contacts: [contact('1')] })),
        }));
        const updates = cutWebhook(body(...made));
        const items = updates.map(({ value }) => (valueOf(value).messages as unknown[])[0]);
        expect(JSON.stringify(items)).toBe(JSON.stringify(entries.flat(2)));
      }),
    );
  });
});

describe('what is broken', () => {
  const good = { id: WABA, changes: [change({ messages: [message('A', '1')] })] };
  const twice = (name: string, text: string): Buffer =>
    Buffer.from(text.replace(`"${name}":`, `"${name}":null,"${name}":`));

  it.each<[string, unknown]>([
    ['an entry that is text', 'x'],
    ['an entry without an id', { changes: [change({})] }],
    ['an id that is a number', { id: 7, changes: [change({})] }],
    ['an id with a blank', { id: 'a b', changes: [change({})] }],
    ['an entry without changes', { id: WABA }],
    ['changes that are no list', { id: WABA, changes: {} }],
    ['no change at all', { id: WABA, changes: [] }],
    ['a change that is a number', { id: WABA, changes: [7] }],
    ['a change without a field', { id: WABA, changes: [{ value: {} }] }],
    ['a change without a value', { id: WABA, changes: [{ field: 'messages' }] }],
    ['a value that is a list', { id: WABA, changes: [{ field: 'messages', value: [] }] }],
  ])('is a record of its own, and its neighbours go on: %s', (_name, broken) => {
    const updates = cutWebhook(body(good, broken, good));
    expect(updates.map(({ isBroken }) => isBroken)).toEqual([false, true, false]);
    expect(updates[1]?.value.toString()).toBe(body(broken).toString());
    expect(updates[0]?.value.toString()).toBe(body(good).toString());
    // Who consumes it sees that it is none, and keeps it.
    expect(parseMetaEvent(updates[1]?.value ?? null)).toBeNull();
    expect(() => cutWebhook(body(broken))).toThrow(NotAWebhookError);
  });

  it('takes no other change of its entry with it', () => {
    const mixed = { id: WABA, changes: [7, ...good.changes] };
    expect(cutWebhook(body(mixed)).map(({ isBroken }) => isBroken)).toEqual([true, false]);
  });

  it.each(['id', 'changes', 'field', 'value', 'metadata', 'messages'])(
    'is a part that says the same thing twice: %s',
    (name) => {
      expect(() => cutWebhook(twice(name, body(good).toString()))).toThrow(NotAWebhookError);
    },
  );

  it.each<[string, Buffer]>([
    ['another object', asMetaWrites({ object: 'page', entry: [good] })],
    ['no object', asMetaWrites({ entry: [good] })],
    ['object twice', twice('object', body(good).toString())],
    ['entry twice', twice('entry', body(good).toString())],
    ['no entry', asMetaWrites({ object: 'whatsapp_business_account' })],
    ['entries that are no list', asMetaWrites({ object: 'whatsapp_business_account', entry: {} })],
    ['no entry in the list', body()],
    ['a list', Buffer.from('[]')],
    ['a text', Buffer.from('"whatsapp_business_account"')],
    ['null', Buffer.from('null')],
  ])('is no webhook at all: %s', (_name, written) => {
    expect(() => cutWebhook(written)).toThrow(NotAWebhookError);
  });

  it('does not make a small body large', () => {
    const messages = Array.from({ length: 1_000 }, (_, index) => message(String(index), '1'));
    const value = { errors: ['x'.repeat(100_000)], messages };
    expect(() => cutWebhook(body({ id: WABA, changes: [change(value)] }))).toThrow(
      NotAWebhookError,
    );
    expect(() => cutWebhook(body(...Array<object>(10_001).fill(good)))).toThrow(NotAWebhookError);
  });
});
