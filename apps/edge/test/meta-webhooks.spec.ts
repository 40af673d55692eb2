import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { parseMetaEvent } from '@gateway/contracts';
import { ProduceExpiredError, type InboundRecord } from '@gateway/messaging';
import { asMetaWrites, metaWebhooks } from '@gateway/testing';
import { APP_SECRET, VERIFY_TOKEN, call, startEdge, type Answer, type Edge } from './edge-fixture';

const PATH = '/v1/webhooks/meta';
const PREVIOUS_SECRET = 'the app secret before';
const WABA = '102290129340398';
const NUMBER = '106540352242922';
const BODY_BYTES_MAX = 3 * 1_048_576;

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge({
    META_APP_SECRET_PREVIOUS: PREVIOUS_SECRET,
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  edge.stages.reset();
});
afterAll(() => edge.close());

const signature = (body: Buffer, secret = APP_SECRET): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

const post = (body: Buffer, headers: Record<string, string> = {}): Promise<Answer> =>
  call(edge, PATH, {
    method: 'POST',
    key: null,
    body,
    headers: { 'x-hub-signature-256': signature(body), ...headers },
  });

const written = (): readonly InboundRecord[] => edge.stages.metaEvents;

const change = (value: object, field = 'messages'): object => ({
  value: { messaging_product: 'whatsapp', metadata: { phone_number_id: NUMBER }, ...value },
  field,
});
const webhook = (...entry: unknown[]): Buffer =>
  asMetaWrites({ object: 'whatsapp_business_account', entry });
const message = (id: string): object => ({ id, from: '1', timestamp: '1700000000', type: 'text' });
const GOOD = { id: WABA, changes: [change({ messages: [message('wamid.A')] })] };
/** A good webhook of just so many bytes. */
function webhookOf(bytes: number): Buffer {
  const text = (length: number): Buffer =>
    webhook({
      id: WABA,
      changes: [change({ messages: [{ id: 'wamid.L', body: 'x'.repeat(length) }] })],
    });
  return text(bytes - text(0).length);
}

describe('GET /v1/webhooks/meta', () => {
  const verify = (query: Record<string, string>): Promise<Answer> =>
    call(edge, `${PATH}?${new URLSearchParams(query).toString()}`, { key: null });
  const GOOD_QUERY = {
    'hub.mode': 'subscribe',
    'hub.challenge': '1158201444',
    'hub.verify_token': VERIFY_TOKEN,
  };

  it('answers the bare challenge as text', async () => {
    const answer = await verify(GOOD_QUERY);
    expect([answer.status, answer.text]).toEqual([200, '1158201444']);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['another token', { ...GOOD_QUERY, 'hub.verify_token': `${VERIFY_TOKEN}x` }],
    ['an empty token', { ...GOOD_QUERY, 'hub.verify_token': '' }],
    ['no token', { 'hub.mode': 'subscribe', 'hub.challenge': '1' }],
    ['another mode', { ...GOOD_QUERY, 'hub.mode': 'unsubscribe' }],
    ['no mode', { 'hub.challenge': '1', 'hub.verify_token': VERIFY_TOKEN }],
    ['no challenge', { 'hub.mode': 'subscribe', 'hub.verify_token': VERIFY_TOKEN }],
    ['a challenge of a megabyte', { ...GOOD_QUERY, 'hub.challenge': 'x'.repeat(5_000) }],
    ['a challenge with a line end', { ...GOOD_QUERY, 'hub.challenge': 'a\r\nb' }],
  ])('answers WH_001 to %s', async (_name, query) => {
    const answer = await verify(query);
    expect([answer.status, answer.code]).toEqual([403, 'WH_001']);
  });

  it('takes no token that is given twice', async () => {
    const token = `hub.verify_token=${encodeURIComponent(VERIFY_TOKEN)}`;
    const query = `hub.mode=subscribe&hub.challenge=1&${token}&${token}`;
    expect((await call(edge, `${PATH}?${query}`, { key: null })).code).toBe('WH_001');
  });
});

describe('POST /v1/webhooks/meta', () => {
  it.each(metaWebhooks().map(({ name, body }) => [name, asMetaWrites(body)] as const))(
    'writes what Meta sends as it is: %s',
    async (_name, body) => {
      const { status, text } = await post(body);
      expect([status, text]).toEqual([200, '{"isSuccess":true,"data":null}']);
      const [record, ...more] = written();
      expect(more).toEqual([]);
      expect(record?.value?.equals(body)).toBe(true);
      const event = parseMetaEvent(record?.value ?? null);
      expect(record?.key).toBe(event?.phoneNumberId ?? event?.wabaId);
    },
  );

  it('writes a batch of 1,000 as a record each, in their order, in one call of the producer', async () => {
    const sendAll = jest.spyOn(edge.transport.producer, 'sendAll');
    const messages = Array.from({ length: 500 }, (_, index) => message(`wamid.${index}`));
    const statuses = Array.from({ length: 500 }, (_, index) => ({
      id: `wamid.${index}`,
      status: 'read',
    }));
    const entries = [
      { id: WABA, changes: [change({ messages }), change({ statuses })] },
      { id: '7', changes: [change({ metadata: undefined }, 'account_update')] },
    ];
    expect((await post(webhook(...entries))).status).toBe(200);
    const got = written();
    const ids = got
      .filter(({ key }) => key === NUMBER)
      .map(({ value }) => parseMetaEvent(value)?.id);
    expect(ids).toEqual([
      ...messages.map((_, index) => `message:wamid.${index}`),
      ...statuses.map((_, index) => `status:wamid.${index}:read`),
    ]);
    expect(got.filter(({ key }) => key === '7')).toHaveLength(1);
    expect(sendAll).toHaveBeenCalledTimes(1);
  });

  it('keeps a broken entry where people look, and loses none of its neighbours', async () => {
    const broken = { id: 7, changes: 'x' };
    expect((await post(webhook(GOOD, broken, GOOD))).status).toBe(200);
    const got = written();
    expect(got.map(({ value }) => parseMetaEvent(value) === null).sort()).toEqual([
      false,
      false,
      true,
    ]);
    expect(got.map(({ value }) => String(value))).toContain(webhook(broken).toString());
    expect(edge.logLines.join('')).toContain('meta.update-broken');
  });

  it('takes the app secret before the present one too', async () => {
    const body = webhook(GOOD);
    const answer = await post(body, { 'x-hub-signature-256': signature(body, PREVIOUS_SECRET) });
    expect(answer.status).toBe(200);
  });

  it('is not told who is a customer: the same batch may come a thousand times at once', async () => {
    const body = webhook(GOOD);
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => post(body)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const ids = written().map(({ value }) => parseMetaEvent(value)?.id);
    expect([ids.length, new Set(ids)]).toEqual([1_000, new Set(['message:wamid.A'])]);
  });
});

describe('a signature', () => {
  const body = webhook(GOOD);

  it('that is missing is WH_002', async () => {
    const answer = await call(edge, PATH, { method: 'POST', key: null, body });
    expect([answer.status, answer.code]).toEqual([401, 'WH_002']);
  });

  it.each([
    ['of another secret', signature(body, 'another secret of 16')],
    ['of other bytes', signature(Buffer.from(`${body.toString()} `))],
    ['of another algorithm', signature(body).replace('sha256', 'sha1')],
    ['without its algorithm', signature(body).slice(7)],
    ['that is too short', signature(body).slice(0, -2)],
    ['that is too long', `${signature(body)}00`],
    ['that is no hexadecimal', `sha256=${'x'.repeat(64)}`],
    ['given twice', `${signature(body)}, ${signature(body)}`],
    ['that is empty', ''],
  ])('%s is WH_003', async (_name, header) => {
    const answer = await post(body, { 'x-hub-signature-256': header });
    expect([answer.status, answer.code]).toEqual([401, 'WH_003']);
    expect(written()).toEqual([]);
  });

  it('is over the bytes, not over what they mean', async () => {
    const escaped = Buffer.from(body.toString().replace('wamid.A', '\\u0077amid.A'));
    const answer = await post(escaped, { 'x-hub-signature-256': signature(body) });
    expect(answer.code).toBe('WH_003');
    expect((await post(escaped)).status).toBe(200);
  });

  it('is asked for before anything is parsed', async () => {
    const junk = Buffer.from('[[[');
    expect((await post(junk, { 'x-hub-signature-256': signature(body) })).code).toBe('WH_003');
  });

  it('is in no log line, nor is a secret', () => {
    const text = edge.logLines.join('\n');
    expect(text).toContain('WH_003');
    for (const secret of [APP_SECRET, PREVIOUS_SECRET, VERIFY_TOKEN, signature(body)]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('case 79: a body', () => {
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  it.each<[string, Buffer]>([
    ['that is empty', Buffer.alloc(0)],
    ['that is no JSON', Buffer.from('hello')],
    ['that breaks off', webhook(GOOD).subarray(0, -1)],
    ['with more behind it', Buffer.from(`${webhook(GOOD).toString()}x`)],
    ['of 10,000 levels', Buffer.from(deep)],
    [
      'with 10,000 levels inside',
      Buffer.from(webhook({ id: WABA, x: 'D' }).toString().replace('"D"', deep)),
    ],
    [
      'with duplicate keys',
      Buffer.from(webhook(GOOD).toString().replace('"entry"', '"entry":[],"entry"')),
    ],
    [
      'with duplicate keys inside',
      Buffer.from(webhook(GOOD).toString().replace('"messages":[', '"messages":[],"messages":[')),
    ],
    [
      'in another charset',
      Buffer.from(webhook(GOOD).toString().replace('text', 't\u00e4xt'), 'latin1'),
    ],
    ['of another product', asMetaWrites({ object: 'page', entry: [GOOD] })],
    ['without entries', webhook()],
    ['with none but broken entries', webhook('x', 7)],
  ])('%s is WH_004', async (_name, body) => {
    const answer = await post(body);
    expect([answer.status, answer.code]).toEqual([400, 'WH_004']);
    expect(written()).toEqual([]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1'])(
    'that is said to be %s is GW_009',
    async (contentType) => {
      const answer = await post(webhook(GOOD), { 'content-type': contentType });
      expect([answer.status, answer.code]).toEqual([415, 'GW_009']);
    },
  );
});

describe('case 78: 3 MB', () => {
  it('are taken and written, on this route alone', async () => {
    const body = webhookOf(BODY_BYTES_MAX);
    expect((await post(body)).status).toBe(200);
    expect(written()[0]?.value?.equals(body)).toBe(true);
    const elsewhere = await call(edge, '/v1/wa/message', { method: 'POST', body });
    expect([elsewhere.status, elsewhere.code]).toEqual([413, 'GW_005']);
  });

  it('and one byte are GW_005', async () => {
    const answer = await post(webhookOf(BODY_BYTES_MAX + 1));
    expect([answer.status, answer.code]).toEqual([413, 'GW_005']);
    expect(written()).toEqual([]);
  });
});

describe('what cannot be made durable', () => {
  it('is WH_005, so that Meta sends it again', async () => {
    jest
      .spyOn(edge.transport.producer, 'sendAll')
      .mockRejectedValueOnce(new ProduceExpiredError(true));
    const answer = await post(webhook(GOOD));
    expect([answer.status, answer.code]).toEqual([503, 'WH_005']);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect((await post(webhook(GOOD))).status).toBe(200);
  });

  it('is WH_005 within 2 s while a store behind it does not answer', async () => {
    let answerAgain: () => void = () => undefined;
    edge.stages.takeMetaEvents = () => new Promise((resolve) => (answerAgain = resolve));
    const startedAtMs = Date.now();
    expect((await post(webhook(GOOD))).code).toBe('WH_005');
    expect(Date.now() - startedAtMs).toBeLessThan(2_500);
    edge.stages.reset();
    answerAgain();
    expect((await post(webhook(GOOD))).status).toBe(200);
  });
});

describe('on the wire', () => {
  const body = webhook(GOOD).toString();
  const request = (more: { length?: number; headers?: string[]; body?: string } = {}): string =>
    [
      `POST ${PATH} HTTP/1.1`,
      'Host: localhost',
      `X-Hub-Signature-256: ${signature(Buffer.from(more.body ?? body))}`,
      'Content-Type: application/json',
      ...(more.headers ?? [`Content-Length: ${more.length ?? body.length}`]),
      '',
      more.body ?? body,
    ].join('\r\n');

  async function answersTo(bytes: string, answers = 1, { port } = edge): Promise<string[]> {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const statuses = (): string[] =>
      [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, s]) => s ?? '');
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (statuses().length >= answers && text.endsWith('}')) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.write(bytes);
    await once(socket, 'close');
    return statuses();
  }

  it('takes pipelined webhooks', async () => {
    expect(await answersTo(request().repeat(20), 20)).toEqual(Array<string>(20).fill('200'));
    expect(written()).toHaveLength(20);
  });

  it('takes a body in chunks', async () => {
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const head = request({ headers: ['Transfer-Encoding: chunked'], body }).slice(0, -body.length);
    expect(await answersTo(head + chunked)).toEqual(['200']);
  });

  it('cuts a body that promises more than it holds, or comes too slowly', async () => {
    const impatient = await startEdge({ EDGE_REQUEST_TIMEOUT_MS: '1000' });
    try {
      const tooShort = request({ length: body.length + 1 });
      expect(await answersTo(tooShort, 1, impatient)).toEqual(['400']);
      expect(impatient.stages.metaEvents).toEqual([]);
    } finally {
      await impatient.close();
    }
  });

  it('finds the signature wrong of a body that holds more than it promises', async () => {
    expect((await answersTo(request({ length: 10 })))[0]).toBe('401');
    expect(written()).toEqual([]);
  });

  it('reads no body of who has no signature', async () => {
    const head = `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n`;
    expect(await answersTo(head)).toEqual(['401']);
  });

  it('holds no more than its bound of bodies that do not end, and goes on when they are gone', async () => {
    const head = request({ length: BODY_BYTES_MAX, body: '' });
    const sockets = Array.from({ length: 40 }, () => connect(edge.port, '127.0.0.1'));
    await new Promise<void>((cutShort) => {
      for (const socket of sockets) {
        socket.on('error', () => {
          cutShort();
        });
        socket.write(head + 'x'.repeat(BODY_BYTES_MAX - 1));
      }
    });
    for (const socket of sockets) socket.destroy();
    while ((await post(webhook(GOOD))).status === 503) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await post(webhook(GOOD))).status).toBe(200);
  });
});
