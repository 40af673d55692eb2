import * as fc from 'fast-check';
import { withCallbackData, withoutCallbackPrefix } from './callback-bytes';
import { callbackPrefix } from './callback-data';

const messageId = '01a20531-745e-701d-bca8-89065fb8fd20';
const prefix = callbackPrefix(messageId);
const FIELD = 'biz_opaque_callback_data';

const send = (body: string): string =>
  withCallbackData(Buffer.from(body), messageId).toString('utf8');

describe('the callback data of a message', () => {
  it('begins with 26 characters that name it', () => {
    expect(prefix).toMatch(/^g1:[0-9A-Za-z_-]{22}:$/);
    expect(Buffer.from(prefix.slice(3, 25), 'base64url').toString('hex')).toBe(
      messageId.replaceAll('-', ''),
    );
  });

  it("keeps the customer's value behind it, and every other member", () => {
    const body = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 });
    const value = fc.option(fc.string({ unit: 'grapheme', maxLength: 400 }), { nil: undefined });
    fc.assert(
      fc.property(body, value, fc.nat(), fc.constantFrom(0, 2), (object, own, at, indent) => {
        const members = Object.entries(object).filter(
          ([key]) => key !== FIELD && key !== '__proto__',
        );
        if (own !== undefined) members.splice(at % (members.length + 1), 0, [FIELD, own]);
        fc.pre((own ?? '').length <= 486);
        const text = JSON.stringify(Object.fromEntries(members), null, indent);
        const sent = JSON.parse(send(text)) as Record<string, unknown>;
        const expected = JSON.parse(text) as Record<string, unknown>;
        expect(sent).toEqual({ ...expected, [FIELD]: `${prefix}${own ?? ''}` });
      }),
    );
  });

  it('changes no other byte', () => {
    const body = ' {"to" : 1e2, "id":12345678901234567890,"a":"\\u00e4\\/"}\n';
    expect(send(body)).toBe(body.replace('{', `{"${FIELD}":"${prefix}",`));
    expect(send(`{"a":1.0,"${FIELD}" : "mine" ,"b":[2]}`)).toBe(
      `{"a":1.0,"${FIELD}" : "${prefix}mine" ,"b":[2]}`,
    );
    expect(send('{ }')).toBe(`{"${FIELD}":"${prefix}" }`);
  });

  it('is not taken from a member inside another, nor from a text that looks like one', () => {
    const body = `{"text":{"${FIELD}":"inner","body":"\\"${FIELD}\\":\\"x\\""},"to":"1"}`;
    const sent = JSON.parse(send(body)) as Record<string, unknown>;
    expect(sent[FIELD]).toBe(prefix);
    expect(sent.text).toEqual((JSON.parse(body) as Record<string, unknown>).text);
  });

  it('is found when its name is written with escapes, and taken from the last of two', () => {
    expect(send('{"\\u0062iz_opaque_callback_data":"mine"}')).toBe(
      `{"\\u0062iz_opaque_callback_data":"${prefix}mine"}`,
    );
    const sent = send(`{"${FIELD}":"first","${FIELD}":"last"}`);
    expect((JSON.parse(sent) as Record<string, unknown>)[FIELD]).toBe(`${prefix}last`);
  });

  it('goes as it is when it is too long to carry the id, or no text', () => {
    const long = `{"${FIELD}":"${'x'.repeat(487)}"}`;
    expect(send(long)).toBe(long);
    expect(send(`{"${FIELD}":null}`)).toBe(`{"${FIELD}":null}`);
    const fits = JSON.parse(send(`{"${FIELD}":"${'x'.repeat(486)}"}`)) as Record<string, string>;
    expect(fits[FIELD]).toHaveLength(512);
  });

  it('never fails, whatever the body is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof send(`{"${FIELD}${text}`)).toBe('string');
      }),
    );
  });
});

describe('a status webhook on its way to the customer', () => {
  const webhook = (status: string): string =>
    `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{},"statuses":[${status}]}}]}]}`;
  const cut = (status: string): string =>
    withoutCallbackPrefix(Buffer.from(webhook(status))).toString('utf8');

  it('gets back what the customer sent, and every other byte stays', () => {
    expect(cut(`{"id":"w","n":1.0,"${FIELD}" : "${prefix}mine\\u00e4\\/" ,"a":[]}`)).toBe(
      webhook(`{"id":"w","n":1.0,"${FIELD}" : "mine\\u00e4\\/" ,"a":[]}`),
    );
  });

  it('loses the member when he had sent none, wherever it stands', () => {
    const member = `"${FIELD}":"${prefix}"`;
    expect(cut(`{${member},"id":"w"}`)).toBe(webhook('{"id":"w"}'));
    expect(cut(`{"id":"w", ${member}}`)).toBe(webhook('{"id":"w"}'));
    expect(cut(`{${member}}`)).toBe(webhook('{}'));
  });

  it('stays byte for byte when it does not carry our id', () => {
    for (const status of [`{"id":"w"}`, `{"${FIELD}":"g1:short:x"}`, `{"${FIELD}":7}`, `7`, '']) {
      expect(cut(status)).toBe(webhook(status));
    }
    expect(withoutCallbackPrefix(Buffer.from('[]')).toString()).toBe('[]');
  });

  it('is cut also when Meta escaped what needs no escape', () => {
    const escaped = prefix.replace('g1', '\\u0067\\u0031');
    expect(cut(`{"${FIELD}":"${escaped}mine"}`)).toBe(webhook(`{"${FIELD}":"mine"}`));
  });
});
