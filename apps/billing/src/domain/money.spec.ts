import fc from 'fast-check';
import { formatUsd, parseUsd } from './money';

describe('money', () => {
  it('gives back every amount that it wrote', () => {
    fc.assert(
      fc.property(fc.bigInt(-999_999_999_999_999_999n, 999_999_999_999_999_999n), (microUsd) => {
        expect(parseUsd(formatUsd(microUsd))).toBe(microUsd);
      }),
    );
  });

  it('writes two to six decimals, as many as it takes', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 15n), 10n ** 15n), (microUsd) => {
        expect(formatUsd(microUsd)).toMatch(/^-?\d+\.(\d{2}|\d{2,5}[1-9])$/);
      }),
    );
    expect(formatUsd(12_339_000n)).toBe('12.339');
    expect(formatUsd(10_000_000n)).toBe('10.00');
    expect(formatUsd(1_000n)).toBe('0.001');
    expect(formatUsd(-1n)).toBe('-0.000001');
    expect(formatUsd(0n)).toBe('0.00');
  });

  it('reads decimal text exactly', () => {
    expect(parseUsd('0.1')).toBe(100_000n);
    expect(parseUsd('10')).toBe(10_000_000n);
    expect(parseUsd('-12.339')).toBe(-12_339_000n);
    expect(parseUsd('999999999999.999999')).toBe(999_999_999_999_999_999n);
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '1.',
    '.5',
    '1,5',
    '1e3',
    '0x10',
    '1.2345678',
    '--1',
    '1_000',
    '١',
    '1\n',
    '1234567890123',
  ])('refuses %j', (text) => {
    expect(parseUsd(text)).toBeNull();
  });

  it('never throws and never guesses, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const microUsd = parseUsd(text);
        if (microUsd !== null) expect(text).toMatch(/^-?[0-9]+(\.[0-9]+)?$/);
      }),
    );
  });
});
