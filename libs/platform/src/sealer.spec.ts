import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { SealError, Sealer } from './sealer';

const OLD_KEY = randomBytes(32);
const NEW_KEY = randomBytes(32);
const sealer = new Sealer({ current: NEW_KEY, previous: OLD_KEY });
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));

describe('Sealer', () => {
  it('opens what it sealed for the same place, and nothing for another', () => {
    fc.assert(
      fc.property(bytes, fc.string(), fc.string(), (plain, aad, otherAad) => {
        const sealed = sealer.seal(plain, aad);
        expect(sealer.open(sealed, aad)).toEqual(plain);
        fc.pre(aad !== otherAad);
        expect(() => sealer.open(sealed, otherAad)).toThrow(SealError);
      }),
    );
  });

  it('refuses bytes of which any one bit was changed, or that were cut', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 0, max: 7 }), (plain, position, bit) => {
        const sealed = sealer.seal(plain, 'aad');
        const index = position % sealed.length;
        const changed = Buffer.from(sealed);
        changed.writeUInt8(changed.readUInt8(index) ^ (1 << bit), index);
        expect(() => sealer.open(changed, 'aad')).toThrow(SealError);
        expect(() => sealer.open(sealed.subarray(0, index), 'aad')).toThrow(SealError);
      }),
    );
  });

  it('opens what was sealed under the previous key, and seals under the current one', () => {
    const old = new Sealer({ current: OLD_KEY }).seal(Buffer.from('text'), 'aad');
    expect(sealer.open(old, 'aad').toString()).toBe('text');
    const sealed = sealer.seal(Buffer.from('text'), 'aad');
    expect(new Sealer({ current: NEW_KEY }).open(sealed, 'aad').toString()).toBe('text');
    expect(() => new Sealer({ current: OLD_KEY }).open(sealed, 'aad')).toThrow(SealError);
  });

  it('never seals the same bytes twice the same way', () => {
    const sealed = new Set(
      Array.from({ length: 100 }, () => sealer.seal(Buffer.from('x'), 'a').toString('hex')),
    );
    expect(sealed.size).toBe(100);
  });

  it('refuses a key of another length', () => {
    expect(() => new Sealer({ current: randomBytes(16) })).toThrow(SealError);
  });
});
