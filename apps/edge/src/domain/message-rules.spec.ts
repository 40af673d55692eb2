import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, type FieldError } from '@gateway/errors';
import fc from 'fast-check';
import { Findings } from './findings';
import { checkMessage, type MessageFacts } from './message-rules';

const TO = '905321234567';
const EXAMPLES = JSON.parse(
  readFileSync(join(__dirname, '../../test/meta-send-examples.json'), 'utf8'),
) as Record<string, Record<string, unknown>>;
/** Broken in Meta's own file: a literal `<HEADER_TYPE>`, and an interactive message without `type`. */
const BROKEN = ['Send Multi-Product Message', 'Send Reply to List Message'];

/** The facts and what is wrong; an AppError's code when the message is refused at once. */
function check(body: unknown): { facts?: MessageFacts; fields: FieldError[]; code?: string } {
  const findings = new Findings();
  try {
    return { facts: checkMessage(body, findings), fields: findings.fields };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { code: error.code, fields: findings.fields };
  }
}

const paths = (body: unknown): string[] => check(body).fields.map(({ path }) => path);
const message = (type: string, content: unknown, more: object = {}): Record<string, unknown> => ({
  messaging_product: 'whatsapp',
  to: TO,
  type,
  [type]: content,
  ...more,
});
const button = (id: string, title = id): unknown => ({ type: 'reply', reply: { id, title } });
const buttons = (...list: unknown[]): Record<string, unknown> =>
  message('interactive', { type: 'button', body: { text: 'b' }, action: { buttons: list } });
const rows = (count: number): unknown[] =>
  Array.from({ length: count }, (_, index) => ({ id: `r${index}`, title: `Row ${index}` }));
const list = (...sections: unknown[]): Record<string, unknown> =>
  message('interactive', {
    type: 'list',
    body: { text: 'b' },
    action: { button: 'Open', sections },
  });

describe("Meta's own examples", () => {
  const withRecipient = (body: Record<string, unknown>): unknown =>
    typeof body.to === 'string' && body.to.includes('{{') ? { ...body, to: TO } : body;

  it.each(Object.keys(EXAMPLES).filter((name) => !BROKEN.includes(name)))('takes: %s', (name) => {
    const { facts, fields, code } = check(withRecipient(EXAMPLES[name] ?? {}));
    expect({ fields, code }).toEqual({ fields: [], code: undefined });
    expect(facts?.type).toBe(
      name === 'Send typing indicator and read receipt' ? 'read' : (EXAMPLES[name]?.type ?? 'text'),
    );
  });

  it.each(BROKEN)('names what is broken in: %s', (name) => {
    expect(paths(withRecipient(EXAMPLES[name] ?? {})).length).toBeGreaterThan(0);
  });
});

describe('recipient', () => {
  it.each(['905321234567', '1234567', '123456789012345'])('takes %s as it is', (to) => {
    expect(check(message('text', { body: 'x' }, { to })).facts).toEqual({
      type: 'text',
      recipient: to,
      isRecipientRewritten: false,
    });
  });

  it.each([['+905321234567'], [905321234567]])('reduces %s to its digits', (to) => {
    expect(check(message('text', { body: 'x' }, { to })).facts).toEqual({
      type: 'text',
      recipient: TO,
      isRecipientRewritten: true,
    });
  });

  it.each([
    undefined,
    null,
    '',
    '+',
    '++905321234567',
    '0905321234567',
    '+0905321234567',
    '123456',
    '1234567890123456',
    '90 532 123 45 67',
    '90-532-1234567',
    '90532123456a',
    '905321234567\n',
    '９０５３２１２３４５６７',
    9.05e20,
    -905321234567,
    {},
    ['905321234567'],
    true,
  ])('refuses %p with GW_001', (to) => {
    expect(check(message('text', { body: 'x' }, { to })).code).toBe('GW_001');
  });
});

describe('type', () => {
  it.each(['sms', 'TEXT', '', 5, null, {}, 'constructor', '__proto__', 'toString'])(
    'refuses %p with GW_004',
    (type) => {
      expect(check({ messaging_product: 'whatsapp', to: TO, type }).code).toBe('GW_004');
    },
  );

  it('takes a message without type for a text, as Meta does', () => {
    const body = { messaging_product: 'whatsapp', to: TO, text: { body: 'x' } };
    expect(check(body)).toEqual({
      facts: { type: 'text', recipient: TO, isRecipientRewritten: false },
      fields: [],
    });
  });

  it('names type when neither it nor a text is there', () => {
    expect(paths({ messaging_product: 'whatsapp', to: TO })).toEqual(['type', 'text']);
  });

  it.each([[[]], ['text'], [null], [5], [undefined]])('refuses %p as GW_002', (body) => {
    expect(check(body).code).toBe('GW_002');
  });
});

describe('what Meta takes from real clients', () => {
  const accepted: [string, unknown][] = [
    ['latitude as text', message('location', { latitude: '41.0', longitude: '-28.9' })],
    ['template as JSON text', message('template', '{"name":"a","language":{"code":"en"}}')],
    [
      'interactive as JSON text',
      { ...buttons(), interactive: JSON.stringify(buttons(button('a')).interactive) },
    ],
    [
      'contacts as JSON text',
      message('contacts', '[{"name":{"formatted_name":"A","first_name":"A"}}]'),
    ],
    ['media id as number', message('image', { id: 123 })],
    [
      'button index as number',
      message('template', {
        name: 'a',
        language: { code: 'en' },
        components: [{ type: 'button', sub_type: 'url', index: 0, parameters: [] }],
      }),
    ],
    [
      'button index as text',
      message('template', {
        name: 'a',
        language: { code: 'en' },
        components: [{ type: 'BUTTON', sub_type: 'url', index: '9' }],
      }),
    ],
    [
      'unknown fields everywhere',
      message('text', { body: 'x', later: [1] }, { later: { deep: {} } }),
    ],
    ['interactive types of tomorrow', message('interactive', { type: 'later', action: {} })],
    ['4096 characters outside the basic plane', message('text', { body: '😀'.repeat(4096) })],
    [
      'a list body of 4096',
      {
        ...list({ rows: rows(1) }),
        interactive: {
          type: 'list',
          body: { text: 'x'.repeat(4096) },
          action: { button: 'o', sections: [{ rows: rows(1) }] },
        },
      },
    ],
    ['an empty emoji', message('reaction', { message_id: 'wamid.x', emoji: '' })],
    [
      'a context',
      message(
        'text',
        { body: 'x' },
        {
          context: { message_id: 'wamid.x' },
          recipient_type: 'individual',
          biz_opaque_callback_data: 'x'.repeat(512),
        },
      ),
    ],
    [
      'own keys named __proto__ and constructor',
      JSON.parse(
        `{"messaging_product":"whatsapp","to":"${TO}","type":"text","text":{"body":"x"},"__proto__":{"a":1},"constructor":{"prototype":{"a":1}}}`,
      ),
    ],
  ];

  it.each(accepted)('%s', (_name, body) => {
    expect(check(body)).toMatchObject({ fields: [] });
    expect(check(body).code).toBeUndefined();
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });
});

describe('what Meta would certainly refuse, named in full', () => {
  const refused: [string, unknown, string[]][] = [
    ['no messaging_product', { to: TO, type: 'text', text: { body: 'x' } }, ['messaging_product']],
    [
      'another product',
      message('text', { body: 'x' }, { messaging_product: 'sms' }),
      ['messaging_product'],
    ],
    ['no object for the type', { messaging_product: 'whatsapp', to: TO, type: 'image' }, ['image']],
    ['a list for the type', message('image', []), ['image']],
    ['text that is no JSON for the type', message('template', 'hello'), ['template']],
    ['no text body', message('text', {}), ['text.body']],
    ['an empty text body', message('text', { body: '' }), ['text.body']],
    ['a text body that is no string', message('text', { body: 5 }), ['text.body']],
    ['4097 characters', message('text', { body: 'x'.repeat(4097) }), ['text.body']],
    [
      '4097 characters outside the basic plane',
      message('text', { body: '😀'.repeat(4097) }),
      ['text.body'],
    ],
    [
      'preview_url that is no boolean',
      message('text', { body: 'x', preview_url: 'yes' }),
      ['text.preview_url'],
    ],
    ['id and link', message('image', { id: '1', link: 'https://a/b' }), ['image']],
    ['neither id nor link', message('document', { filename: 'a' }), ['document']],
    ['a caption on a sound', message('audio', { id: '1', caption: 'x' }), ['audio.caption']],
    ['a caption on a sticker', message('sticker', { id: '1', caption: 'x' }), ['sticker.caption']],
    [
      'a caption of 1025',
      message('video', { id: '1', caption: 'x'.repeat(1025) }),
      ['video.caption'],
    ],
    [
      'latitude out of range',
      message('location', { latitude: 91, longitude: '-181' }),
      ['location.latitude', 'location.longitude'],
    ],
    [
      'latitude that is no number',
      message('location', { latitude: 'north', longitude: '' }),
      ['location.latitude', 'location.longitude'],
    ],
    ['no contacts', message('contacts', []), ['contacts']],
    [
      'six contacts',
      message('contacts', Array(6).fill({ name: { formatted_name: 'A', first_name: 'A' } })),
      ['contacts'],
    ],
    [
      'a contact without names',
      message('contacts', [{ name: { formatted_name: 'A' } }, {}]),
      ['contacts[0].name', 'contacts[1].name'],
    ],
    [
      'a birthday that is no date',
      message('contacts', [
        { name: { formatted_name: 'A', first_name: 'A' }, birthday: '1.1.2000' },
      ]),
      ['contacts[0].birthday'],
    ],
    ['a reaction without message', message('reaction', { emoji: '👍' }), ['reaction.message_id']],
    ['a reaction without emoji', message('reaction', { message_id: 'x' }), ['reaction.emoji']],
    [
      'four buttons',
      buttons(button('a'), button('b'), button('c'), button('d')),
      ['interactive.action.buttons'],
    ],
    ['no buttons', buttons(), ['interactive.action.buttons']],
    [
      'equal titles',
      buttons(button('a', 'Yes'), button('b', 'Yes')),
      ['interactive.action.buttons[1].reply.title'],
    ],
    [
      'long title and id',
      buttons(button('i'.repeat(257), 't'.repeat(21))),
      ['interactive.action.buttons[0].reply.id', 'interactive.action.buttons[0].reply.title'],
    ],
    [
      'eleven rows',
      list({ title: 'a', rows: rows(6) }, { title: 'b', rows: rows(5) }),
      ['interactive.action.sections'],
    ],
    [
      'eleven sections',
      list(...Array.from({ length: 11 }, () => ({ title: 'a', rows: rows(1) }))),
      ['interactive.action.sections', 'interactive.action.sections'],
    ],
    [
      'sections without title',
      list({ rows: rows(1) }, { title: 'b', rows: rows(1) }),
      ['interactive.action.sections[0].title'],
    ],
    [
      'long row',
      list({ rows: [{ id: 'x'.repeat(201), title: 'x'.repeat(25), description: 'x'.repeat(73) }] }),
      [
        'interactive.action.sections[0].rows[0].id',
        'interactive.action.sections[0].rows[0].title',
        'interactive.action.sections[0].rows[0].description',
      ],
    ],
    [
      'no body',
      message('interactive', { type: 'button', action: { buttons: [button('a')] } }),
      ['interactive.body'],
    ],
    [
      'a body of 1025',
      message('interactive', {
        type: 'button',
        body: { text: 'x'.repeat(1025) },
        action: { buttons: [button('a')] },
      }),
      ['interactive.body.text'],
    ],
    [
      'long header and footer',
      message('interactive', {
        type: 'button',
        header: { type: 'text', text: 'x'.repeat(61) },
        footer: { text: 'x'.repeat(61) },
        body: { text: 'b' },
        action: { buttons: [button('a')] },
      }),
      ['interactive.footer.text', 'interactive.header.text'],
    ],
    [
      'a header without its file',
      message('interactive', {
        type: 'button',
        header: { type: 'image' },
        body: { text: 'b' },
        action: { buttons: [button('a')] },
      }),
      ['interactive.header.image'],
    ],
    [
      'an image on a list',
      message('interactive', {
        type: 'list',
        header: { type: 'image', image: { id: '1' } },
        body: { text: 'b' },
        action: { button: 'o', sections: [{ rows: rows(1) }] },
      }),
      ['interactive.header.type'],
    ],
    [
      'a link to an address',
      message('interactive', {
        type: 'cta_url',
        body: { text: 'b' },
        action: {
          name: 'cta_url',
          parameters: { display_text: 'x'.repeat(21), url: 'https://192.168.1.1/x' },
        },
      }),
      ['interactive.action.parameters.display_text', 'interactive.action.parameters.url'],
    ],
    [
      'a link that is none',
      message('interactive', {
        type: 'cta_url',
        body: { text: 'b' },
        action: { name: 'x', parameters: { display_text: 'a', url: 'ftp://a' } },
      }),
      ['interactive.action.name', 'interactive.action.parameters.url'],
    ],
    [
      'a flow without flow',
      message('interactive', {
        type: 'flow',
        body: { text: 'b' },
        action: { name: 'flow', parameters: { mode: 'x', flow_action: 'y' } },
      }),
      [
        'interactive.action.parameters.flow_message_version',
        'interactive.action.parameters.flow_cta',
        'interactive.action.parameters',
        'interactive.action.parameters.mode',
        'interactive.action.parameters.flow_action',
      ],
    ],
    [
      'a product with header',
      message('interactive', {
        type: 'product',
        header: { type: 'text', text: 'x' },
        action: { catalog_id: '1' },
      }),
      ['interactive.header', 'interactive.action.product_retailer_id'],
    ],
    [
      'products without header',
      message('interactive', {
        type: 'product_list',
        body: { text: 'b' },
        action: {
          catalog_id: '1',
          sections: [{ product_items: Array(31).fill({ product_retailer_id: 'p' }) }],
        },
      }),
      ['interactive.header', 'interactive.action.sections'],
    ],
    ['no action', message('interactive', { type: 'order_details' }), ['interactive.action']],
    [
      'a template without name and language',
      message('template', {}),
      ['template.name', 'template.language'],
    ],
    [
      'a template language without code',
      message('template', { name: 'a', language: {} }),
      ['template.language.code'],
    ],
    [
      'a button component without index',
      message('template', {
        name: 'a',
        language: { code: 'en' },
        components: [{ type: 'button' }, { type: 'button', sub_type: 'url', index: 10 }, 5],
      }),
      [
        'template.components[0].sub_type',
        'template.components[0].index',
        'template.components[1].index',
        'template.components[2]',
      ],
    ],
    [
      'an unknown recipient_type, a context without message, long data',
      message(
        'text',
        { body: 'x' },
        { recipient_type: 'all', context: {}, biz_opaque_callback_data: 'x'.repeat(513) },
      ),
      ['recipient_type', 'context.message_id', 'biz_opaque_callback_data'],
    ],
    [
      'mark-as-read without message',
      { messaging_product: 'whatsapp', status: 'read' },
      ['message_id'],
    ],
    [
      'a message disguised as mark-as-read',
      { ...message('text', { body: 'x' }), status: 'read', message_id: 'wamid.x' },
      ['type'],
    ],
  ];

  it.each(refused)('%s', (_name, body, expected) => {
    const { fields, code } = check(body);
    expect(code).toBeUndefined();
    expect(fields.map(({ path }) => path)).toEqual(expected);
    expect(fields.every(({ reason }) => reason.length > 0)).toBe(true);
  });

  it('names at most a hundred fields', () => {
    const many = { sections: [{ title: 'a', rows: Array<unknown>(5_000).fill(5) }], button: 'o' };
    const body = message('interactive', { type: 'list', body: { text: 'b' }, action: many });
    expect(check(body).fields).toHaveLength(100);
  });
});

describe('any JSON', () => {
  it('is judged without an exception of another kind', () => {
    const types = ['text', 'image', 'location', 'contacts', 'reaction', 'interactive', 'template'];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.jsonValue(), (type, content) => {
        check(message(type, content));
        check(content);
      }),
      { numRuns: 1_000 },
    );
  });
});
