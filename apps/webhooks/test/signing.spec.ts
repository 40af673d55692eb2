import { createHmac, randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { CustomerClient } from '../src/customer.client';
import { deliveryRequest, type OpenedEndpoint } from '../src/delivery-request';
import { signingSecret } from '../src/domain/signature';
import { SocketReceiver, type ReceivedRequest } from './socket-receiver';

const HOUR_MS = 3_600_000;
const STATUS = {
  object: 'whatsapp_business_account',
  entry: [{ id: '1', changes: [{ field: 'messages', value: { statuses: [{ id: 'wamid.1' }] } }] }],
};

describe('what a customer receives', () => {
  let receiver: SocketReceiver;
  let client: CustomerClient;
  const newest = signingSecret(randomBytes(32));
  const old = signingSecret(randomBytes(32));
  const bearerSecret = 'b'.repeat(32);

  beforeEach(async () => {
    receiver = await SocketReceiver.start();
    client = new CustomerClient({ allowLoopback: true, allowCidrs: [] });
  });
  afterEach(async () => {
    await client.close();
    await receiver.close();
  });

  const endpoint = (changes: Partial<OpenedEndpoint> = {}): OpenedEndpoint => ({
    url: receiver.url(),
    bearerSecret,
    headers: {},
    hubSignature: false,
    signingSecrets: [{ secret: newest, expiresAtMs: null }],
    ...changes,
  });

  async function received(
    changes: Partial<OpenedEndpoint> = {},
    payload: Buffer | string = JSON.stringify(STATUS),
    messageId: string | null = null,
  ): Promise<ReceivedRequest> {
    const nowMs = Date.now();
    const request = deliveryRequest({
      endpoint: endpoint(changes),
      webhookId: 'evt_0199b1c2d3e4',
      timestampS: Math.floor(nowMs / 1_000),
      payload: Buffer.from(payload),
      messageId,
      nowMs,
    });
    const answer = await client.post({ ...request, deadlineMs: 30_000 });
    expect(answer.isDelivered).toBe(true);
    const last = receiver.requests.at(-1);
    if (!last) throw new Error('Nothing was received.');
    return last;
  }

  const isAccepted = (secret: string, { body, headers }: ReceivedRequest): boolean => {
    try {
      new Webhook(secret).verify(body, { ...headers });
      return true;
    } catch {
      return false;
    }
  };

  it('53: is accepted by the published verifier, and has the exact grammar of the standard', async () => {
    const request = await received();
    expect(isAccepted(newest, request)).toBe(true);
    expect(isAccepted(old, request)).toBe(false);
    expect(request.headers['webhook-id']).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(request.headers['webhook-timestamp']).toMatch(/^\d{10}$/);
    expect(request.headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    expect(request.headers['content-type']).toBe('application/json');
    expect(request.headers.authorization).toBe(`Bearer ${bearerSecret}`);
  });

  it.each([
    ['a moment before the old secret expires', 60_000, 2],
    ['at the moment that it expires', 0, 1],
    ['after it', -1, 1],
  ])('55: during a rotation, %s', async (_name, remainingMs, signatures) => {
    const request = await received({
      signingSecrets: [
        { secret: newest, expiresAtMs: null },
        { secret: old, expiresAtMs: Date.now() + remainingMs },
      ],
    });
    expect(request.headers['webhook-signature']?.split(' ')).toHaveLength(signatures);
    expect(isAccepted(newest, request)).toBe(true);
    expect(isAccepted(old, request)).toBe(signatures === 2);
  });

  it("57: with no overlap, is signed by the new secret alone at once, a retry's too", async () => {
    const secrets = [
      { secret: newest, expiresAtMs: null },
      { secret: old, expiresAtMs: Date.now() },
    ];
    const request = await received({ signingSecrets: secrets });
    expect([isAccepted(newest, request), isAccepted(old, request)]).toEqual([true, false]);
  });

  it('58, 59: repeated three days later has its id, and a time and a signature that verify then', () => {
    const at = (nowMs: number) =>
      deliveryRequest({
        endpoint: endpoint(),
        webhookId: 'evt_1',
        timestampS: Math.floor(nowMs / 1_000),
        payload: Buffer.from('{}'),
        messageId: null,
        nowMs,
      });
    const first = at(Date.now() - 72 * HOUR_MS);
    const repeat = at(Date.now());
    expect(repeat.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(repeat.headers['webhook-timestamp']).not.toBe(first.headers['webhook-timestamp']);
    expect(repeat.headers['webhook-signature']).not.toBe(first.headers['webhook-signature']);
    const verifier = new Webhook(newest);
    expect(verifier.verify(repeat.body, repeat.headers)).toEqual({});
    expect(() => verifier.verify(first.body, first.headers)).toThrow('too old');
  });

  it("53: carries Meta's signature when asked, by the newest secret, over the bytes that were sent", async () => {
    const signingSecrets = [
      { secret: newest, expiresAtMs: null },
      { secret: old, expiresAtMs: Date.now() + HOUR_MS },
    ];
    const request = await received({ hubSignature: true, signingSecrets }, '{"text":"é"}');
    expect(request.headers['x-hub-signature-256']).toBe(
      `sha256=${createHmac('sha256', newest).update(request.body).digest('hex')}`,
    );
    expect((await received()).headers['x-hub-signature-256']).toBeUndefined();
  });

  it('54: is ASCII whose raw bytes verify: emoji, U+2028, lone surrogates, big numbers, order of keys', async () => {
    const payload =
      '{"z":"Olá 👋🏽 \u2028","a":12345678901234567890,"lone":"\\ud83d","slash":"\\/","z2":1.10}';
    const request = await received({ hubSignature: true }, payload);
    expect(request.body.toString('latin1')).toBe(
      '{"z":"Ol\\u00e1 \\ud83d\\udc4b\\ud83c\\udffd \\u2028","a":12345678901234567890,"lone":"\\ud83d","slash":"\\/","z2":1.10}',
    );
    expect(isAccepted(newest, request)).toBe(true);
  });

  it('78: may be 3 MB, verified', async () => {
    const request = await received({}, JSON.stringify({ text: 'é'.repeat(500_000) }));
    expect(request.body.length).toBeGreaterThan(3_000_000);
    expect(isAccepted(newest, request)).toBe(true);
  });

  it('79: is sent, not parsed: nested 10,000 deep, repeated keys', async () => {
    const deep = `${'{"a":'.repeat(10_000)}"é"${'}'.repeat(10_000)}`;
    const nested = await received({}, deep);
    expect(nested.body.toString('latin1')).toBe(deep.replace('é', '\\u00e9'));
    const repeated = await received({}, '{"a":1,"a":2}');
    expect(repeated.body.toString()).toBe('{"a":1,"a":2}');
    expect(isAccepted(newest, repeated)).toBe(true);
  });

  it('60: has the custom headers, none of which takes the place of its own, even when they were stored', async () => {
    const request = await received({
      headers: {
        'X-Api-Key': 'k',
        'Webhook-Signature': 'v1,forged',
        'WEBHOOK-ID': 'forged',
        'webhook-timestamp': '1',
        Host: 'evil.example',
        'Content-Length': '1',
        'Content-Type': 'text/plain',
        'Transfer-Encoding': 'chunked',
        'User-Agent': 'curl',
        'X-Hub-Signature-256': 'sha256=forged',
        'X-Message-Id': 'forged',
        'X-Split': 'a\r\nX-Evil: 1',
      },
    });
    expect(isAccepted(newest, request)).toBe(true);
    expect(request.headers).toMatchObject({
      'x-api-key': 'k',
      'webhook-id': 'evt_0199b1c2d3e4',
      host: `127.0.0.1:${receiver.port}`,
      'content-type': 'application/json',
      'user-agent': 'whatsapp-gateway-webhooks/1',
    });
    for (const name of [
      'x-hub-signature-256',
      'x-message-id',
      'x-split',
      'x-evil',
      'transfer-encoding',
    ]) {
      expect([name, request.headers[name]]).toEqual([name, undefined]);
    }
  });

  it('60: has the Authorization of its owner instead of the Bearer line, in any case', async () => {
    for (const name of ['Authorization', 'AUTHORIZATION', 'authorization']) {
      const { headers } = await received({ headers: { [name]: 'Basic eDp5' } });
      expect(headers.authorization).toBe('Basic eDp5');
    }
  });

  it('names the message that a status is about', async () => {
    const messageId = '0199b1c2-d3e4-7f00-8000-000000000001';
    const { headers } = await received({}, JSON.stringify(STATUS), messageId);
    expect(headers['x-message-id']).toBe(`msg_${messageId}`);
  });

  it('61: shows no secret beside the Bearer line', async () => {
    const { headers, body } = await received({ hubSignature: true });
    const sent = JSON.stringify({ ...headers, authorization: '' }) + body.toString();
    expect(sent).not.toContain(bearerSecret);
    expect(sent).not.toContain(newest.slice('whsec_'.length));
  });
});
