import { checkWebhookHeaders, sendableHeaders } from './webhook-headers';

const RESERVED =
  `Host Content-Length content-type CONTENT-ENCODING Connection Transfer-Encoding TE Trailer Upgrade
  Keep-Alive Expect Proxy-Authorization proxy-x User-Agent Webhook-Signature WEBHOOK-ID webhook-timestamp webhook-x
  X-Hub-Signature X-Hub-Signature-256 X-Forwarded-For Forwarded x-amz-date X-Goog-Iam x-azure-ref Metadata
  Metadata-Flavor X-aws-ec2-metadata-token Accept-Encoding X-Message-Id`.split(/\s+/);

describe('custom headers', () => {
  it.each(RESERVED)(
    '60: %s is refused when it is saved, and not sent when it is there all the same',
    (name) => {
      expect(checkWebhookHeaders({ [name]: 'x' })).toEqual([
        { path: `headers.${name}`, reason: 'is set by the gateway' },
      ]);
      expect(sendableHeaders({ [name]: 'x' })).toEqual([]);
    },
  );

  it.each(['a\r\nHost: evil', 'a\nb', 'a\0b', 'é', '\x7f', 7, null, ['a']])(
    '60: the value %p is refused, and not sent',
    (value) => {
      expect(checkWebhookHeaders({ 'X-Key': value })).toMatchObject([{ path: 'headers.X-Key' }]);
      expect(sendableHeaders({ 'X-Key': value as string })).toEqual([]);
    },
  );

  it.each(['', 'a b', 'a:b', 'a\r\n', 'ü', 'a(b)'])(
    'the name %p is refused, and not sent',
    (name) => {
      expect(checkWebhookHeaders({ [name]: 'x' })).toMatchObject([
        { reason: 'is not a header name' },
      ]);
      expect(sendableHeaders({ [name]: 'x' })).toEqual([]);
    },
  );

  it('at most 20, each at most 4096 characters, none twice in another case', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-${index}`, 'x']));
    expect(checkWebhookHeaders(many(20))).toEqual([]);
    expect(checkWebhookHeaders(many(21))).toMatchObject([{ path: 'headers' }]);
    expect(checkWebhookHeaders({ 'X-Key': 'x'.repeat(4096) })).toEqual([]);
    expect(checkWebhookHeaders({ 'X-Key': 'x'.repeat(4097) })).toHaveLength(1);
    expect(checkWebhookHeaders({ 'X-Key': 'x', 'x-key': 'y' })).toEqual([
      { path: 'headers.x-key', reason: 'is given twice' },
    ]);
  });

  it('must be an object of strings', () => {
    for (const value of [null, undefined, 'x', 7, ['X-Key']]) {
      expect(checkWebhookHeaders(value)).toEqual([
        { path: 'headers', reason: 'must be an object of strings' },
      ]);
    }
    expect(checkWebhookHeaders(JSON.parse('{"__proto__": {"x": 1}}'))).toHaveLength(1);
  });

  it('may hold an Authorization and whatever else the receiver wants', () => {
    const headers = { Authorization: 'Basic eDp5', 'X-Api-Key': 'k', Cookie: 'a=b', Accept: '*/*' };
    expect(checkWebhookHeaders(headers)).toEqual([]);
    expect(sendableHeaders(headers)).toEqual(Object.entries(headers));
  });
});
