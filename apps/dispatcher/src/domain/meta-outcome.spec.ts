import * as fc from 'fast-check';
import { outcomeOfAnswer, outcomeOfFailure, type MetaAnswer } from './meta-outcome';
import type { Verdict } from './verdict';

const messageId = '01a20531-745e-701d-bca8-89065fb8fd20';
const question = { messageId, isRead: false };

const answer = (status: number, body: unknown, retryAfterSeconds?: number): MetaAnswer => ({
  status,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  retryAfterSeconds,
});
const error = (code: unknown, more: object = {}) => ({ error: { message: 'no', code, ...more } });
const judge = (status: number, body: unknown): Verdict =>
  outcomeOfAnswer(answer(status, body), question);
const codeOf = (verdict: Verdict): string | null =>
  verdict.state === 'accepted' ? null : verdict.code;
const isRetryable = (verdict: Verdict): unknown =>
  verdict.state === 'accepted' ? undefined : verdict.params.retryable;

/** The table of Meta's codes, by what they become here; whatever is in it and not named elsewhere is META_002. */
const BY_CODE: Readonly<Record<string, readonly number[]>> = {
  META_001: [131016, 131057, 133004, 2494100],
  META_002: [
    3, 33, 100, 368, 130472, 130497, 131008, 131009, 131021, 131026, 131030, 131031, 131037, 131042,
    131044, 131045, 131047, 131049, 131050, 131051, 131052, 131053, 131055, 131062, 131063, 131064,
    132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069, 133000,
    133005, 133006, 133008, 133009, 133010, 133015, 133016, 134011, 134100, 134101, 134102, 135000,
    137000, 139000, 139001, 139002, 139003, 139004, 139100, 139101, 2388001, 2388999, 200005,
    200006, 200007, 2593107,
  ],
  META_003: [4, 80007, 130429, 131048, 131056],
  META_004: [0, 10, 190, 200, 249, 299, 131005],
  META_005: [1, 2, 131000],
};
const RETRYABLE = [
  131016, 131057, 133004, 2494100, 4, 80007, 130429, 131056, 132069, 133015, 134101,
];
const STATUSES = [200, 400, 401, 403, 404, 429, 500, 503];

describe("Meta's codes", () => {
  const rows = Object.entries(BY_CODE).flatMap(([ours, codes]) =>
    codes.map((code) => [code, ours] as const),
  );

  it.each(rows)('%i becomes %s whatever the HTTP status', (code, ours) => {
    for (const status of STATUSES) {
      const verdict = judge(status, error(code));
      expect(codeOf(verdict)).toBe(ours);
      expect(verdict.state).toBe(ours === 'META_005' ? 'unknown' : 'rejected');
      expect(isRetryable(verdict)).toBe(RETRYABLE.includes(code));
    }
  });

  it('that are not in the table are refused with 4xx and ambiguous with anything else', () => {
    const known = new Set(rows.map(([code]) => code));
    const unknownCode = fc
      .integer({ min: 300, max: 9_999_999 })
      .filter((code) => !known.has(code) && ![2388, 2593].includes(Math.floor(code / 1_000)));
    fc.assert(
      fc.property(unknownCode, fc.integer({ min: 200, max: 599 }), (code, status) => {
        const isRefused = status >= 400 && status <= 499;
        expect(codeOf(judge(status, error(code)))).toBe(isRefused ? 'META_002' : 'META_005');
      }),
    );
  });

  it("come with Meta's words, whatever form its details have", () => {
    const verdict = judge(
      400,
      error(100, { error_subcode: 33, error_data: 'no such object', fbtrace_id: 'A1' }),
    );
    expect(verdict).toMatchObject({
      params: {
        meta: { code: 100, subcode: 33, title: 'no', details: 'no such object', fbtrace_id: 'A1' },
      },
    });
    const { params } = judge(
      400,
      error(131008, { error_user_title: 'Title', error_data: { details: 'x'.repeat(5_000) } }),
    ) as Extract<Verdict, { params: unknown }>;
    expect(params).toMatchObject({ meta: { title: 'Title', details: 'x'.repeat(1_000) } });
  });

  it("that throttle say when to come back: by Meta's header, else by their own measure", () => {
    const told = outcomeOfAnswer(answer(429, error(80007), 7), question);
    expect(told).toMatchObject({ retryAfterSeconds: 7, params: { retry_after: '7s' } });
    expect(judge(400, error(130429))).toMatchObject({ retryAfterSeconds: 1 });
    expect(judge(400, error(4))).toMatchObject({ retryAfterSeconds: 60 });
    expect(judge(400, error(131026))).toMatchObject({ retryAfterSeconds: undefined });
  });
});

describe('an answer', () => {
  it('with an id is acceptance, and its bytes stay as they are', () => {
    const body = Buffer.from('{ "messages": [ {"id":"wamid.HBg"} ], "x": 1.0 }');
    expect(outcomeOfAnswer({ status: 200, body }, question)).toEqual({
      state: 'accepted',
      wamid: 'wamid.HBg',
      response: body,
    });
  });

  it('to mark-as-read is acceptance when it says success', () => {
    const read = { messageId, isRead: true };
    const verdict = outcomeOfAnswer(answer(200, { success: true }), read);
    expect(verdict).toMatchObject({ state: 'accepted', wamid: null });
    expect(codeOf(outcomeOfAnswer(answer(200, { success: false }), read))).toBe('META_005');
  });

  it.each([
    ['empty', ''],
    ['cut off', '{"messages":[{"id":"wamid'],
    ['HTML', '<html></html>'],
    ['null', 'null'],
    ['without messages', {}],
    ['without id', { messages: [{}] }],
    ['with an id that is no id', { messages: [{ id: 'wamid\u0000' }] }],
    ['with an id of another type', { messages: [{ id: 5 }] }],
    ['an error without a code', { error: { message: 'x' } }],
    ['an error whose code is text', { error: { code: '190' } }],
  ])('%s is unknown with 2xx and 5xx, and not accepted with 4xx', (_name, body) => {
    expect(codeOf(judge(200, body))).toBe('META_005');
    expect(codeOf(judge(502, body))).toBe('META_005');
    expect(judge(404, body)).toMatchObject({ code: 'META_001', params: { retryable: true } });
  });

  it('of any bytes and any status has a verdict, and only an id makes it acceptance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), fc.string(), (status, body) => {
        expect(judge(status, body).state).not.toBe('accepted');
      }),
    );
  });

  it('that never came is unknown after the write and unreachable before it', () => {
    expect(outcomeOfFailure('no-answer', messageId)).toMatchObject({
      state: 'unknown',
      code: 'META_005',
      params: { message_id: `msg_${messageId}` },
    });
    expect(outcomeOfFailure('not-written', messageId)).toMatchObject({
      state: 'rejected',
      code: 'META_001',
    });
  });
});
