import fc from 'fast-check';
import { AppError } from '@gateway/errors';
import { parseKeyHash, parseKeyPage, parseKeyReference, parseNewKey } from './key-requests';

const NOW_MS = Date.UTC(2026, 0, 1);
const VALID = {
  orgId: '0190a0b0-0000-7000-8000-000000000000',
  appId: 'app_1',
  name: 'Shop',
  environment: 'production',
};

const wrongPaths = (request: unknown): string[] => {
  try {
    parseNewKey(request, NOW_MS);
    return [];
  } catch (error) {
    const { code, params } = error as AppError;
    if (code === 'GW_404') return ['GW_404'];
    return (params.fields as { path: string }[]).map(({ path }) => path);
  }
};

describe('a request for a new key', () => {
  it('takes the limits of the contract when it names none', () => {
    expect(parseNewKey(VALID, NOW_MS)).toEqual({
      application: { orgId: VALID.orgId, handle: 'app_1' },
      name: 'Shop',
      environment: 'production',
      limitPerSecond: 80,
      limitPerMinute: 4_800,
      dailyLimit: null,
      concurrencyLimit: null,
      expiresAtMs: null,
    });
  });

  it.each([
    ['2026-01-02T03:04:05+02:00', Date.UTC(2026, 0, 2, 1, 4, 5)],
    ['2027-02-28T00:00Z', Date.UTC(2027, 1, 28)],
  ])('reads %s', (expiresAt, expiresAtMs) => {
    expect(parseNewKey({ ...VALID, expiresAt }, NOW_MS).expiresAtMs).toBe(expiresAtMs);
  });

  it.each([
    '2026-01-01T00:00:00Z',
    '2027-02-29T00:00:00Z',
    '2027-13-01T00:00:00Z',
    '2027-01-01T24:00:00Z',
    '2027-01-01T00:00:00',
    '2027-01-01',
    'tomorrow',
    '',
    1_900_000_000_000,
    {},
  ])('refuses %p as an expiry', (expiresAt) => {
    expect(wrongPaths({ ...VALID, expiresAt })).toEqual(['expiresAt']);
  });

  it.each([
    ['name', ['', '   ', 'a'.repeat(101), 'a\nb', 'a\u0000', '\ud800', 7, null, ['x']]],
    ['environment', ['test', '', null, undefined, 1, ['production']]],
    ['limitPerSecond', [0, -1, 1.5, 1_000_001, '5', Number.NaN, {}]],
    ['limitPerMinute', [0, Infinity, true]],
  ])('refuses a wrong %s', (path, values) => {
    for (const value of values) expect(wrongPaths({ ...VALID, [path]: value })).toEqual([path]);
  });

  it('counts characters, not UTF-16 units', () => {
    expect(wrongPaths({ ...VALID, name: '😀'.repeat(100) })).toEqual([]);
    expect(wrongPaths({ ...VALID, name: '😀'.repeat(101) })).toEqual(['name']);
  });

  it('finds no organization or application behind what has not the form of an id', () => {
    for (const orgId of ['x', '', null, VALID.orgId.toUpperCase().replace('0', 'G')]) {
      expect(wrongPaths({ ...VALID, orgId })).toEqual(['GW_404']);
    }
    for (const appId of ['a b', '', 'x'.repeat(101), 5, undefined]) {
      expect(wrongPaths({ ...VALID, appId })).toEqual(['GW_404']);
    }
  });
});

it('whatever comes is read or refused with a code of the catalogue', () => {
  const parsers = [
    (request: unknown) => parseNewKey(request, NOW_MS),
    parseKeyPage,
    parseKeyReference,
    parseKeyHash,
  ];
  const field = fc.constantFrom(
    'orgId',
    'appId',
    'name',
    'environment',
    'expiresAt',
    'limitPerSecond',
    'keyId',
    'keyHash',
    'pageNumber',
    '__proto__',
  );
  const request = fc.oneof(fc.anything(), fc.dictionary(field, fc.anything()));
  fc.assert(
    fc.property(request, fc.constantFrom(...parsers), (value, parse) => {
      try {
        parse(value);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
  );
});
