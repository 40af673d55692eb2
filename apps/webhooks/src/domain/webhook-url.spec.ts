import { HOSTILE_URLS } from '@gateway/testing';
import { AddressRule } from './address-rule';
import { checkWebhookUrl, judgeUrl } from './webhook-url';

const closed = new AddressRule({ allowLoopback: false, allowCidrs: [] });
const open = new AddressRule({ allowLoopback: true, allowCidrs: [] });

const { notations: NOTATIONS, names: NAMES, shapes: SHAPES } = HOSTILE_URLS;

describe('a webhook URL', () => {
  it.each(NOTATIONS)('41: is refused in every notation of a closed address: %s', (url) => {
    expect(checkWebhookUrl(url, closed)).toEqual([
      { path: 'url', reason: 'must lead to a public address' },
    ]);
  });

  it.each(NAMES)('47: is refused when its name leads inside, however it is written: %s', (url) => {
    expect(checkWebhookUrl(url, closed)).toEqual([
      { path: 'url', reason: 'must have a public host name' },
    ]);
  });

  it.each(SHAPES)('48: is refused with a reason: %p', (url) => {
    const findings = checkWebhookUrl(url, closed);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.path).toBe('url');
    expect(findings[0]?.reason).toMatch(/^must /);
  });

  it.each([undefined, null, 7, {}, ['https://example.com/']])(
    'is refused when it is no text: %p',
    (value) => {
      expect(checkWebhookUrl(value, closed, 'targetUrl')).toEqual([
        { path: 'targetUrl', reason: 'must be a string' },
      ]);
    },
  );

  it.each([
    ['https://example.com/hook?tenant=1&x=%20', 'https://example.com/hook?tenant=1&x=%20'],
    ['https://EXAMPLE.com.:8443/a', 'https://example.com:8443/a'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://8.8.8.8/', 'https://8.8.8.8/'],
    ['https://[2606:4700:4700::1111]:444/', 'https://[2606:4700:4700::1111]:444/'],
    ['https://sub_domain.example.co.uk', 'https://sub_domain.example.co.uk/'],
  ])('is called as the parser reads it: %s', (text, href) => {
    expect(judgeUrl(text, closed).url?.href).toBe(href);
  });

  it('may be http to this machine, and to nowhere else, where the loopback range is open', () => {
    for (const url of [
      'http://localhost:4000/',
      'http://127.0.0.1:4000/',
      'http://[::1]:4000/',
      'https://localhost/',
    ]) {
      expect([url, checkWebhookUrl(url, open)]).toEqual([url, []]);
      expect(checkWebhookUrl(url, closed)).toHaveLength(1);
    }
    for (const url of [
      'http://example.com/',
      'http://10.0.0.1/',
      'http://169.254.169.254/',
      'https://10.0.0.1/',
    ]) {
      expect([url, checkWebhookUrl(url, open).length]).toEqual([url, 1]);
    }
  });

  it('names no address in its reasons', () => {
    const reasons = [...NOTATIONS, ...NAMES].flatMap((url) => checkWebhookUrl(url, closed));
    expect(reasons.some(({ reason }) => /\d/.test(reason))).toBe(false);
  });
});
