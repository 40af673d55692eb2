import * as fc from 'fast-check';
import { hmacSha256Hex, isEqualConstantTime, sha256Hex } from './hash';
import { systemRandom } from './random';
import { uuidv7 } from './uuidv7';

describe('uuidv7', () => {
  it('is a version 7 UUID that carries the millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (nowMs) => {
        const id = uuidv7(nowMs, systemRandom);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(nowMs);
      }),
    );
  });

  it('is never the same twice within a millisecond, and sorts by millisecond', () => {
    const ids = Array.from({ length: 20_000 }, () => uuidv7(1_700_000_000_000, systemRandom));
    expect(new Set(ids).size).toBe(ids.length);
    const later = uuidv7(1_700_000_000_001, systemRandom);
    expect(ids.every((id) => id < later)).toBe(true);
  });
});

describe('systemRandom', () => {
  it('gives bytes that later calls do not change', () => {
    const first = systemRandom.bytes(16);
    const copy = Buffer.from(first);
    for (let call = 0; call < 2_000; call += 1) systemRandom.bytes(16);
    expect(first).toEqual(copy);
    expect(systemRandom.bytes(1_000)).toHaveLength(1_000);
  });
});

describe('hashes', () => {
  it('agree with known values', () => {
    expect(sha256Hex('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    // RFC 4231, test case 2
    expect(hmacSha256Hex(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('compare texts of any length', () => {
    expect(isEqualConstantTime('abc', 'abc')).toBe(true);
    expect(isEqualConstantTime('abc', 'abd')).toBe(false);
    expect(isEqualConstantTime('abc', 'abcd')).toBe(false);
  });
});
