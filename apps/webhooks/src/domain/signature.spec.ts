import { hubSignature, secretsInForce, signingSecret, webhookSignature } from './signature';

const signed = (secret: string, id: string, timestampS: number, body: string) =>
  webhookSignature([{ secret, expiresAtMs: null }], id, timestampS, Buffer.from(body));

describe('the signature', () => {
  it.each([
    {
      name: 'A',
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampS: 1614265330,
      body: '{"test": 2432232314}',
      signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    {
      name: 'B',
      secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
      id: 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
      timestampS: 1649367553,
      body: '{"email":"test@example.com","username":"test_user"}',
      signature: 'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
    },
    {
      name: 'U',
      secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
      id: 'msg_u',
      timestampS: 1649367553,
      body: '{"text":"Olá 👋🏽 \u2028"}',
      signature: 'v1,/hFyOPyMPLdlsW3J+pJpqo0JGu3XZ1EmOmIQwewe6BQ=',
    },
  ])('53: is that of vector $name', ({ secret, id, timestampS, body, signature }) => {
    expect(signed(secret, id, timestampS, body)).toBe(signature);
  });

  it("53: in Meta's form is that of the published vector", () => {
    expect(hubSignature("It's a Secret to Everybody", Buffer.from('Hello, World!'))).toBe(
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    );
  });

  it('55: both secrets sign, newest first, until the moment at which the old one expires', () => {
    const newest = { secret: signingSecret(Buffer.alloc(32, 1)), expiresAtMs: null };
    const old = { secret: signingSecret(Buffer.alloc(32, 2)), expiresAtMs: 1_000 };
    expect(secretsInForce([newest, old], 999)).toEqual([newest, old]);
    expect(secretsInForce([newest, old], 1_000)).toEqual([newest]);
    expect(secretsInForce([newest, old], 1_001)).toEqual([newest]);
    const body = Buffer.from('{}');
    expect(webhookSignature([newest, old], 'evt_1', 7, body)).toBe(
      [newest, old].map((one) => webhookSignature([one], 'evt_1', 7, body)).join(' '),
    );
  });

  it('58: of a repeat has the same id, and another time and value', () => {
    const secret = signingSecret(Buffer.alloc(32, 1));
    expect(signed(secret, 'evt_1', 7, '{}')).not.toBe(signed(secret, 'evt_1', 8, '{}'));
  });

  it('is made with secrets of base64 behind whsec_', () => {
    expect(signingSecret(Buffer.alloc(32, 0xfb))).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });
});
