import { metrics, sha256Hex } from '@gateway/platform';
import type { Journey, Reply } from '@gateway/contracts';
import {
  APP_ID,
  ORG_ID,
  PRODUCTION_KEY,
  STAGING_KEY,
  TEST_NUMBER,
  TEXT,
  applicationContext,
  call,
  hashKey,
  keyContext,
  send,
  startEdge,
  type Edge,
} from './edge-fixture';
import { accepted, type Submitted } from './stages';

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;
const MESSAGE_ID = /^msg_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterEach(() => {
  edge.stages.reset();
});
afterAll(() => edge.close());

const refused =
  (code: string, more: object = {}) =>
  ({ journey }: Submitted): Reply =>
    ({
      kind: 'refused',
      from: 'dispatcher',
      messageId: journey.messageId,
      isReplayed: false,
      code,
      params: {},
      ...more,
    }) as Reply;

describe('an accepted message', () => {
  it("answers Meta's bytes as they are, with ids and the four rate-limit headers", async () => {
    const { status, headers, text } = await send(edge);
    expect(status).toBe(200);
    expect(text).toBe(
      '{"isSuccess":true,"data":{ "messaging_product":"whatsapp",  "messages":[{"id":"wamid.A\\/B"}]}}',
    );
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('x-request-id')).toMatch(REQUEST_ID);
    expect(headers.get('x-message-id')).toMatch(MESSAGE_ID);
    expect(headers.get('idempotent-replayed')).toBeNull();
    expect(
      ['sec-Limit', 'sec-Remaining', 'min-Limit', 'min-Remaining'].map((name) =>
        headers.get(`X-RateLimit-${name}`),
      ),
    ).toEqual(['80', '79', '4800', '4799']);
  });

  it("keeps Meta's bytes also when they are not ASCII", async () => {
    edge.stages.answer = (message) =>
      ({ ...accepted(message), data: '{"name":"Zoë 😀"}' }) as Reply;
    expect((await send(edge)).text).toBe('{"isSuccess":true,"data":{"name":"Zoë 😀"}}');
  });

  it('travels as the bytes that came, keyed by its application, with its context beside it', async () => {
    const body = `{ "to":"905321234567",\n"messaging_product":"whatsapp","text":{"body":"é"},"type":"text","later":1}`;
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const headers = { 'idempotency-key': 'order-1', traceparent };
    await send(edge, body, { query: '?is_fake=true', headers });
    const [{ journey, record } = { journey: null, record: null }] = edge.stages.submitted;
    expect(record?.value?.toString()).toBe(body);
    expect(record?.key).toBe(APP_ID);
    expect(journey).toMatchObject({
      appId: APP_ID,
      orgId: ORG_ID,
      type: 'text',
      isFake: true,
      isMmlite: false,
      isLate: false,
      ttlMs: 10_000,
      limits: { perSecond: 80, perMinute: 4_800 },
      idempotencyHash: sha256Hex('order-1'),
      traceparent,
    });
    expect(journey?.rateState).toBeUndefined();
  });

  it('carries the limit of the day of a key that has one', async () => {
    const write = (more: object): Promise<void> =>
      edge.tenancy.write({
        kind: 'key',
        id: hashKey(PRODUCTION_KEY),
        data: keyContext('production', more),
      });
    await write({ dailyLimit: 500 });
    await eventuallySentWith({ perSecond: 80, perMinute: 4_800, perDay: 500 });
    await write({ dailyLimit: null });
    await eventuallySentWith({ perSecond: 80, perMinute: 4_800 });
  });

  /** The topic is read a moment after it is written. */
  async function eventuallySentWith(limits: Journey['limits']): Promise<void> {
    const last = () => edge.stages.submitted.at(-1)?.journey.limits;
    for (let attempt = 0; attempt < 50; attempt++) {
      await send(edge);
      if (last()?.perDay === limits.perDay) break;
    }
    expect(last()).toEqual(limits);
  }

  it('loses the plus of its recipient and no other byte', async () => {
    await send(
      edge,
      '{"messaging_product":"whatsapp", "to" : "+905321234567" ,"type":"text","text":{"body":"+1"}}',
    );
    expect(edge.stages.submitted[0]?.record.value?.toString()).toBe(
      '{"messaging_product":"whatsapp", "to" : "905321234567" ,"type":"text","text":{"body":"+1"}}',
    );
  });

  it('goes on with its recipient in its body alone, in no header and no key', async () => {
    await send(edge, TEXT);
    const { key, headers } = edge.stages.submitted[0]?.record ?? {};
    expect(Object.keys(headers ?? {})).toContain('x-message-id');
    const told = [key, ...Object.values(headers ?? {})].map(String).join('\n');
    expect(told).not.toContain(TEXT.to);
  });

  it('is answered with the first id and Idempotent-Replayed when it is a replay', async () => {
    const first = '0193a8c0-0000-7000-8000-0000000000ff';
    edge.stages.answer = (message) =>
      ({ ...accepted(message), messageId: first, isReplayed: true }) as Reply;
    const { headers } = await send(edge, TEXT, { headers: { 'idempotency-key': 'x' } });
    expect(headers.get('idempotent-replayed')).toBe('true');
    expect(headers.get('x-message-id')).toBe(`msg_${first}`);
  });

  it('takes mark-as-read', async () => {
    const { status } = await send(edge, {
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: 'wamid.x',
    });
    expect([status, edge.stages.submitted[0]?.journey.type]).toEqual([200, 'read']);
  });

  it('goes through mmlite when it is a template', async () => {
    const template = {
      ...TEXT,
      type: 'template',
      template: { name: 'a', language: { code: 'en' } },
    };
    expect((await send(edge, template, { query: '?mmlite=true' })).status).toBe(200);
    expect(edge.stages.submitted[0]?.journey).toMatchObject({ type: 'template', isMmlite: true });
  });
});

describe('what the stages refuse', () => {
  it.each([
    ['RATE_001', 429, 1],
    ['BILL_001', 402, undefined],
    ['BILL_002', 500, undefined],
    ['GW_006', 409, 1],
    ['GW_007', 422, undefined],
    ['GW_008', 503, 1],
    ['GW_500', 500, undefined],
    ['META_001', 502, undefined],
    ['META_002', 400, undefined],
    ['META_003', 429, 1],
    ['META_004', 502, undefined],
    ['META_005', 502, undefined],
  ])('is answered as it is: %s', async (code, status, retryAfterSeconds) => {
    const rateState = { secLimit: 80, secRemaining: 0, minLimit: 4_800, minRemaining: 7 };
    edge.stages.answer = refused(code, {
      rateState,
      retryAfterSeconds,
      params: { retryable: true },
    });
    const answer = await send(edge);
    expect([answer.status, answer.code, answer.params]).toEqual([
      status,
      code,
      { retryable: true },
    ]);
    expect(answer.headers.get('retry-after')).toBe(retryAfterSeconds === undefined ? null : '1');
    expect(answer.headers.get('x-message-id')).toMatch(MESSAGE_ID);
    expect(answer.headers.get('x-ratelimit-min-remaining')).toBe('7');
    expect(answer.headers.get('x-request-id')).toMatch(REQUEST_ID);
  });
});

describe('who may send', () => {
  it.each([
    ['AUTH_002', null, {}],
    ['AUTH_003', null, { authorization: 'Basic abc' }],
    ['AUTH_003', null, { authorization: 'Bearer' }],
    ['AUTH_001', 'sk_short', {}],
    ['AUTH_001', PRODUCTION_KEY.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')), {}],
  ])('says %s for key %p and headers %p, without asking auth', async (code, key, headers) => {
    const answer = await send(edge, TEXT, { key, headers });
    expect([answer.status, answer.code]).toEqual([401, code]);
    expect(answer.headers.get('x-ratelimit-sec-limit')).toBeNull();
    expect(answer.headers.get('x-request-id')).toMatch(REQUEST_ID);
    expect(edge.stages.lookedUp).toEqual([]);
  });

  it('lets a staging key send to test numbers and fakes only: AUTH_006', async () => {
    const options = { key: STAGING_KEY };
    expect((await send(edge, TEXT, options)).code).toBe('AUTH_006');
    expect((await send(edge, { ...TEXT, to: TEST_NUMBER }, options)).status).toBe(200);
    expect((await send(edge, { ...TEXT, to: `+${TEST_NUMBER}` }, options)).status).toBe(200);
    expect((await send(edge, TEXT, { ...options, query: '?is_fake=true' })).status).toBe(200);
    const read = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.x' };
    expect((await send(edge, read, options)).code).toBe('AUTH_006');
  });

  it('checks the body before it checks what a staging key may', async () => {
    const answer = await send(edge, { ...TEXT, text: {} }, { key: STAGING_KEY });
    expect(answer.code).toBe('GW_003');
    expect(answer.headers.get('x-ratelimit-sec-limit')).toBe('80');
    expect(answer.headers.get('x-ratelimit-sec-remaining')).toBeNull();
  });

  it.each(['DRAFT', 'RESTRICTED', 'DISCONNECTED'] as const)(
    'lets a %s application answer fakes only: AUTH_007',
    async (status) => {
      const write = (data: object): Promise<void> =>
        edge.tenancy.write({ kind: 'application', id: APP_ID, data });
      await write(applicationContext({ status }));
      await expectCode('AUTH_007');
      expect((await send(edge, TEXT, { query: '?is_fake=true' })).status).toBe(200);
      await write(applicationContext());
      await expectCode(undefined);
    },
  );

  it('refuses a revoked and an expired key: AUTH_001', async () => {
    const write = (more: object): Promise<void> =>
      edge.tenancy.write({
        kind: 'key',
        id: hashKey(PRODUCTION_KEY),
        data: keyContext('production', more),
      });
    await write({ isActive: false });
    await expectCode('AUTH_001');
    await write({ expiresAtMs: Date.now() - 1 });
    await expectCode('AUTH_001');
    await write({ expiresAtMs: Date.now() + 60_000 });
    await expectCode(undefined);
    expect(edge.stages.lookedUp).toEqual([]);
  });

  /** The topic is read a moment after it is written. */
  async function expectCode(code: string | undefined): Promise<void> {
    for (let attempt = 0; attempt < 50; attempt++) {
      if ((await send(edge)).code === code) break;
    }
    expect((await send(edge)).code).toBe(code);
  }
});

describe('bad input', () => {
  it.each<[string, string, Buffer | string | object, Record<string, string>?]>([
    ['no JSON', 'GW_002', 'hello'],
    ['half an object', 'GW_002', '{"messaging_product":'],
    ['nothing', 'GW_002', ''],
    ['a list', 'GW_002', '[]'],
    ['a byte order mark', 'GW_002', `\ufeff${JSON.stringify(TEXT)}`],
    ['bytes that are no UTF-8', 'GW_002', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['UTF-16', 'GW_002', Buffer.from(JSON.stringify(TEXT), 'utf16le')],
    ['a control character in a string', 'GW_002', '{"a":"\u0000"}'],
    ['33 levels', 'GW_003', '['.repeat(33) + ']'.repeat(33)],
    ['100,000 levels', 'GW_003', '['.repeat(100_000)],
    ['a bad recipient', 'GW_001', { ...TEXT, to: '+90 532' }],
    ['an unknown type', 'GW_004', { ...TEXT, type: 'fax' }],
    ['another content type', 'GW_009', JSON.stringify(TEXT), { 'content-type': 'text/plain' }],
    [
      'another charset',
      'GW_009',
      JSON.stringify(TEXT),
      { 'content-type': 'application/json; charset=utf-16' },
    ],
    ['a form', 'GW_009', 'to=1', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a compressed body', 'GW_009', JSON.stringify(TEXT), { 'content-encoding': 'gzip' }],
  ])('%s is %s', async (_name, code, body, headers = {}) => {
    const answer = await send(edge, body, { headers });
    expect(answer.code).toBe(code);
    expect(edge.stages.submitted).toEqual([]);
  });

  it('takes UTF-8 named in any case', async () => {
    const headers = { 'content-type': 'Application/JSON; Charset="UTF-8"' };
    expect((await send(edge, TEXT, { headers })).status).toBe(200);
  });

  it('names every wrong field of body, query and header at once', async () => {
    const answer = await send(
      edge,
      { to: TEXT.to, type: 'image', image: { caption: 5 } },
      { query: '?is_fake=1&mmlite=true', headers: { 'idempotency-key': 'a b' } },
    );
    expect([answer.status, answer.code]).toEqual([400, 'GW_003']);
    expect((answer.params?.fields as { path: string }[]).map(({ path }) => path)).toEqual([
      'is_fake',
      'Idempotency-Key',
      'messaging_product',
      'image',
      'image.caption',
      'mmlite',
    ]);
  });

  it('takes 256 KiB and refuses one byte more, with a length and without', async () => {
    const filler = 256 * 1024 - JSON.stringify({ ...TEXT, later: '' }).length;
    const largest = JSON.stringify({ ...TEXT, later: 'x'.repeat(filler) });
    expect(largest.length).toBe(256 * 1024);
    expect((await send(edge, largest)).status).toBe(200);
    const tooLarge = await send(edge, `${largest} `);
    expect([tooLarge.status, tooLarge.code]).toEqual([413, 'GW_005']);
    const chunked = await fetch(`${edge.url}/v1/wa/message`, {
      method: 'POST',
      headers: { authorization: `Bearer ${PRODUCTION_KEY}`, 'content-type': 'application/json' },
      body: new Blob([`${largest} `]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
    expect(await chunked.text()).toContain('GW_005');
  });

  it('lets the last of two fields of one name count, and __proto__ mean nothing', async () => {
    const body =
      '{"messaging_product":"whatsapp","to":"x","to":"905321234567","type":"text","text":{"body":"Hi"},"__proto__":{"to":"x"},"constructor":{"prototype":{"isAdmin":true}}}';
    expect((await send(edge, body)).status).toBe(200);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });
});

describe('routes', () => {
  it.each([
    ['GET', '/v1/wa/message'],
    ['PUT', '/v1/wa/message'],
    ['POST', '/v1/wa/messages/wamid.x'],
    ['GET', '/v1/nothing'],
    ['GET', '/v1/wa/messages/%E0%A4%A'],
    ['GET', `/v1/wa/messages/${'x'.repeat(2_000)}`],
    ['OPTIONS', '/v1/wa/message'],
    ['QUERY', '/v1/wa/message'],
    ['QUERY', '/api/v1/applications'],
  ])('that do not exist are GW_404: %s %s', async (method, path) => {
    const answer = await call(edge, path, { method });
    expect([answer.status, answer.code]).toEqual([404, 'GW_404']);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it("take over a caller's request id when it is visible ASCII, and make one otherwise", async () => {
    const idOf = async (id: string, path = '/v1/wa/message'): Promise<string | null> =>
      (await call(edge, path, { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await idOf('mine-1')).toBe('mine-1');
    expect(await idOf('mine-2', '/nowhere')).toBe('mine-2');
    expect(await idOf('mine-3', '/v1/%E0%A4%A')).toBe('mine-3');
    expect(await idOf('a b')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf('x'.repeat(129))).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('say that answers are not to be stored nor sniffed', async () => {
    const { headers } = await call(edge, '/nowhere');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

it('counts answers by route and status, and logs neither keys nor recipients', async () => {
  await send(edge);
  await send(edge, { ...TEXT, to: 'bad' });
  const shown = await metrics.registry.metrics();
  expect(shown).toContain('gw_edge_answers_total{route="/v1/wa/message",status="200"}');
  const logged = edge.logLines.join('');
  expect(logged).toContain('GW_001');
  expect(logged).not.toContain(PRODUCTION_KEY);
  expect(logged).not.toContain(TEXT.to);
});
