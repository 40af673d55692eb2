import { asMetaWrites, metaWebhooks } from '@gateway/testing';
import { parseMetaEvent, type MetaEvent } from './meta-event';

const WABA = '102290129340398';
const NUMBER = '106540352242922';
const METADATA = { display_phone_number: '15550783881', phone_number_id: NUMBER };

const record = (field: unknown, value: unknown, entry: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [{ id: WABA, changes: [{ value, field }], ...entry }],
    }),
  );
const messages = (content: object): Buffer =>
  record('messages', { messaging_product: 'whatsapp', metadata: METADATA, ...content });
const read = (value: Buffer): MetaEvent => {
  const event = parseMetaEvent(value);
  if (!event) throw new Error('not read');
  return event;
};

const SEEN = metaWebhooks().map(({ name, body }) => [name, asMetaWrites(body)] as const);

describe("Meta's own examples", () => {
  it.each(SEEN)('is read whole: %s', (_name, body) => {
    const { entry } = JSON.parse(body.toString()) as {
      entry: [
        { id: string; changes: [{ field: string; value: { metadata?: Record<string, string> } }] },
      ];
    };
    const [{ id, changes }] = entry;
    expect(read(body)).toMatchObject({
      wabaId: id,
      field: changes[0].field,
      phoneNumberId: changes[0].value.metadata?.phone_number_id ?? null,
    });
  });

  it('have a time each', () => {
    const timeless = SEEN.filter(([, body]) => read(body).atMs === null).map(([name]) => name);
    expect(timeless).toEqual([]);
  });

  it('are what their field says to a customer', () => {
    const byEvent = new Map<string, Set<string>>();
    for (const [, body] of SEEN) {
      const { event, field, kind } = read(body);
      byEvent.set(event, (byEvent.get(event) ?? new Set()).add(`${field} ${kind}`));
    }
    const sorted = Object.fromEntries([...byEvent].map(([event, of]) => [event, [...of].sort()]));
    expect(sorted).toEqual({
      messages: ['messages message'],
      message_status: ['messages status'],
      read: ['messages status'],
      message_template_status: [
        'message_template_components_update change',
        'message_template_quality_update change',
        'message_template_status_update change',
        'template_category_update change',
      ],
      account: [
        'account_update change',
        'calls change',
        'group_lifecycle_update change',
        'group_participants_update change',
        'group_settings_update change',
        'smb_message_echoes change',
        'user_preferences change',
      ],
    });
  });
});

describe('a message', () => {
  it('has its wamid as id and its own time, whatever its type', () => {
    for (const type of ['text', 'system', 'unsupported', 'edit', 'revoke']) {
      const item = { id: 'wamid.A', from: '1', timestamp: '1700000000', type };
      expect(read(messages({ messages: [item] }))).toEqual({
        wabaId: WABA,
        phoneNumberId: NUMBER,
        field: 'messages',
        event: 'messages',
        kind: 'message',
        id: 'message:wamid.A',
        atMs: 1_700_000_000_000,
        item,
      });
    }
  });

  it('without an id is a change that goes to the same subscribers', () => {
    for (const id of [undefined, '', 7, 'a b', 'x'.repeat(513)]) {
      const event = read(messages({ messages: [{ id, timestamp: '1700000000', type: 'text' }] }));
      expect(event).toMatchObject({ kind: 'change', event: 'messages', atMs: 1_700_000_000_000 });
      expect(event.id).toMatch(/^change:[0-9a-f]{64}$/);
    }
  });

  it('that never came, but errors in its place, is a matter of the account', () => {
    const errors = [{ code: 130429, title: 'Rate limit hit' }];
    expect(read(messages({ errors }))).toMatchObject({
      kind: 'change',
      event: 'account',
      item: { errors },
    });
    expect(read(messages({ messages: [], statuses: [] })).event).toBe('account');
  });
});

describe('a status', () => {
  const status = (more: object): MetaEvent =>
    read(messages({ statuses: [{ id: 'wamid.A', timestamp: '1700000000', ...more }] }));

  it.each([
    ['sent', 'message_status'],
    ['delivered', 'message_status'],
    ['failed', 'message_status'],
    ['read', 'read'],
    ['played', 'read'],
    ['a_word_of_tomorrow', 'message_status'],
  ])('%s is %s to a customer', (name, event) => {
    expect(status({ status: name })).toMatchObject({
      event,
      kind: 'status',
      id: `status:wamid.A:${name}`,
      atMs: 1_700_000_000_000,
    });
  });

  it('of a group has an id for each participant, by number or by user id', () => {
    const ids = [
      { recipient_participant_id: '1', recipient_participant_user_id: 'US.1' },
      { recipient_participant_user_id: 'US.1' },
      { recipient_participant_id: '2' },
      {},
    ].map((more) => status({ status: 'read', ...more }).id);
    expect(ids).toEqual([
      'status:wamid.A:read:1',
      'status:wamid.A:read:US.1',
      'status:wamid.A:read:2',
      'status:wamid.A:read',
    ]);
  });

  it('that cannot be matched is a change, for the subscribers of its kind', () => {
    expect(status({ id: undefined, status: 'read' })).toMatchObject({
      kind: 'change',
      event: 'read',
    });
    expect(status({ status: 7 })).toMatchObject({ kind: 'change', event: 'message_status' });
  });

  it('of a call is no status of a message', () => {
    const value = { metadata: METADATA, statuses: [{ id: 'wacid.A', status: 'RINGING' }] };
    expect(read(record('calls', value))).toMatchObject({ kind: 'change', event: 'account' });
  });
});

describe('a change', () => {
  it('has the time of its entry, in seconds or milliseconds, else of its list', () => {
    expect(read(record('account_update', {}, { time: 1_700_000_000 })).atMs).toBe(1.7e12);
    expect(read(record('account_update', {}, { time: 1_700_000_000_123 })).atMs).toBe(
      1_700_000_000_123,
    );
    expect(read(record('x', { list: [{ timestamp: 1_700_000_000 }] })).atMs).toBe(1.7e12);
    for (const time of [-1, 1.5, 1e30, 'soon', {}]) {
      expect(read(record('account_update', {}, { time })).atMs).toBeNull();
    }
  });

  it('has the same id when it comes again, and another when anything differs', () => {
    const text = (id: string): Buffer =>
      Buffer.from(
        `{"object":"whatsapp_business_account","entry":[{"id":"${WABA}","time":1,"changes":[{"value":{"message_template_id":${id}},"field":"message_template_status_update"}]}]}`,
      );
    // Beyond 2^53 both numbers are the same to JSON.parse.
    expect(read(text('9689556908129832001')).id).toBe(read(text('9689556908129832001')).id);
    expect(read(text('9689556908129832001')).id).not.toBe(read(text('9689556908129832002')).id);
    expect(read(record('a', {}, { time: 1 })).id).not.toBe(read(record('a', {}, { time: 2 })).id);
    expect(read(record('a', {})).id).not.toBe(read(record('b', {})).id);
  });
});

describe('what is no event', () => {
  it.each<[string, Buffer | null]>([
    ['no value', null],
    ['no JSON', Buffer.from('{')],
    ['an array', Buffer.from('[]')],
    ['null', Buffer.from('null')],
    ['another object', Buffer.from('{"object":"page","entry":[]}')],
    ['no entry', Buffer.from('{"object":"whatsapp_business_account","entry":[]}')],
    ['two entries', record('messages', {}, { changes: [] })],
    ['an entry without an id', record('messages', {}, { id: undefined })],
    ['an id that is a number', record('messages', {}, { id: 7 })],
    ['an id with a blank', record('messages', {}, { id: '1 2' })],
    ['two changes', record('messages', {}, { changes: [{}, {}] })],
    ['a value that is text', record('messages', 'x')],
    ['no value in the change', record('messages', undefined)],
    ['no field', record(undefined, {})],
    ['a field that is no name', record('A b', {})],
  ])('is null: %s', (_name, value) => {
    expect(parseMetaEvent(value)).toBeNull();
  });

  it('takes no phone number id that is none', () => {
    for (const id of [7, '', 'a b', 'x'.repeat(65), undefined]) {
      expect(read(record('messages', { metadata: { phone_number_id: id } })).phoneNumberId).toBe(
        null,
      );
    }
    expect(read(record('messages', { metadata: [] })).phoneNumberId).toBeNull();
  });

  it('is not confused by names of Object.prototype or by depth', () => {
    const body = '{"__proto__":{"object":"whatsapp_business_account","entry":[]}}';
    expect(parseMetaEvent(Buffer.from(body))).toBeNull();
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const value = Buffer.from(record('x', 'DEEP').toString().replace('"DEEP"', `{"a":${deep}}`));
    expect(read(value).kind).toBe('change');
  });
});
