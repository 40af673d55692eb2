import { AppError } from '@gateway/errors';
import fc from 'fast-check';
import { bearerToken, countHeaders } from './authorization';
import { isJsonContentType } from './content-type';
import { Findings } from './findings';
import { LookupBudget } from './lookup-budget';
import { messageLookupId, publicMessageId } from './message-id';
import { toUsd } from './micro-dollars';
import { checkIdempotencyKey, checkMmlite, sendFlags } from './queries';
import { callersRequestId, callersTraceparent } from './request-id';
import { UnknownKeys } from './unknown-keys';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'none';
};

describe('bearerToken', () => {
  it.each(['Bearer abc', 'bearer abc', 'BEARER   abc '])('takes %p', (header) => {
    expect(bearerToken(header)).toBe('abc');
  });

  it('says AUTH_002 without a header and AUTH_003 for every other form', () => {
    expect(codeOf(() => bearerToken(undefined))).toBe('AUTH_002');
    for (const header of [
      '',
      'abc',
      'Bearer',
      'Bearer ',
      'Basic abc',
      'Bearer a b',
      'Bearer\tabc',
    ]) {
      expect([header, codeOf(() => bearerToken(header))]).toEqual([header, 'AUTH_003']);
    }
    expect(codeOf(() => bearerToken('Bearer abc', 2))).toBe('AUTH_003');
  });

  it('counts headers whatever their case', () => {
    const raw = ['Host', 'authorization', 'AUTHORIZATION', 'x', 'Authorization', 'y'];
    expect(countHeaders(raw, 'authorization')).toBe(2);
  });
});

describe('isJsonContentType', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json;charset=utf-8',
    'application/json; charset="UTF-8"',
    'application/json; v=1; charset=utf8',
    'application/json;',
  ])('takes %p', (header) => {
    expect(isJsonContentType(header)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'text/plain',
    'application/jsonp',
    'application/json; charset=utf-16',
    'application/json; charset=',
    'application/json; charset=utf-8; charset=latin1',
    'application/x-www-form-urlencoded',
  ])('refuses %p', (header) => {
    expect(isJsonContentType(header)).toBe(false);
  });
});

describe('queries', () => {
  const flagsOf = (query: Record<string, unknown>): unknown => {
    const findings = new Findings();
    const flags = sendFlags(findings, query);
    return findings.fields.length > 0 ? findings.fields.map(({ path }) => path) : flags;
  };

  it('takes true, false and nothing else', () => {
    expect(flagsOf({})).toEqual({ isFake: false, isMmlite: false });
    expect(flagsOf({ is_fake: 'true', mmlite: 'false' })).toEqual({
      isFake: true,
      isMmlite: false,
    });
    for (const value of ['', 'TRUE', '1', 'yes', ['true', 'true'], null]) {
      expect(flagsOf({ is_fake: value, mmlite: value })).toEqual(['is_fake', 'mmlite']);
    }
  });

  it('takes mmlite for templates only', () => {
    const findings = new Findings();
    checkMmlite(findings, { isFake: false, isMmlite: true }, 'template');
    expect(findings.fields).toEqual([]);
    checkMmlite(findings, { isFake: false, isMmlite: true }, 'read');
    expect(findings.fields).toHaveLength(1);
  });

  it('takes an Idempotency-Key of 1 to 128 visible ASCII characters', () => {
    const isTaken = (value: string | undefined): boolean => {
      const findings = new Findings();
      checkIdempotencyKey(findings, value);
      return findings.fields.length === 0;
    };
    expect([undefined, 'a', '~'.repeat(128)].map(isTaken)).toEqual([true, true, true]);
    expect(['', 'a'.repeat(129), 'a b', 'é', 'a\u0007'].map(isTaken)).not.toContain(true);
  });
});

describe('ids', () => {
  it('takes over a request id of 1 to 128 visible ASCII characters and a well-formed traceparent', () => {
    expect(callersRequestId('abc-1')).toBe('abc-1');
    for (const id of [undefined, '', 'a b', 'a\r\nb', 'é', 'a'.repeat(129), ['a']]) {
      expect(callersRequestId(id)).toBeUndefined();
    }
    const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    expect(callersTraceparent(trace)).toBe(trace);
    expect(callersTraceparent(`00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`)).toBeUndefined();
    expect(callersTraceparent('x')).toBeUndefined();
  });

  it('looks up messages by wamid and by msg_<uuid>, by nothing else', () => {
    const uuid = '0193a8c0-0000-7000-8000-000000000001';
    expect(messageLookupId(publicMessageId(uuid))).toBe(uuid);
    expect(messageLookupId('wamid.HBg=')).toBe('wamid.HBg=');
    for (const id of [
      '',
      uuid,
      'msg_',
      'msg_1',
      'wamid.',
      'wamid.a b',
      `wamid.${'a'.repeat(300)}`,
    ]) {
      expect(messageLookupId(id)).toBeNull();
    }
  });
});

describe('toUsd', () => {
  it('is exact', () => {
    expect(['0', '1', '1000', '1000000', '12345678', '-1500'].map(toUsd)).toEqual([
      '0',
      '0.000001',
      '0.001',
      '1',
      '12.345678',
      '-0.0015',
    ]);
  });

  it('means the same number for any amount', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (micros) => {
        const [whole = '', fraction = ''] = toUsd(String(micros)).split('.');
        expect(BigInt(`${whole}${fraction.padEnd(6, '0')}`)).toBe(micros);
      }),
    );
  });
});

describe('unknown keys', () => {
  it('are remembered for a while, and only so many of them', () => {
    const unknown = new UnknownKeys({ entriesMax: 3, ttlMs: 100 });
    for (const hash of ['a', 'b', 'c', 'd']) unknown.add(hash, 0);
    expect(unknown.size).toBe(3);
    expect(['a', 'b', 'd'].map((hash) => unknown.has(hash, 99))).toEqual([false, true, true]);
    expect(unknown.has('d', 100)).toBe(false);
    unknown.delete('b');
    expect(unknown.has('b', 0)).toBe(false);
  });

  it('are looked up only so often', () => {
    const budget = new LookupBudget(10);
    const taken = (atMs: number): number =>
      Array.from({ length: 50 }, () => budget.take(atMs)).filter(Boolean).length;
    expect([taken(1_000), taken(1_000), taken(1_500), taken(60_000)]).toEqual([10, 0, 5, 10]);
  });
});
