/** Money is integer micro-dollars as bigint: exact, whatever is added. */

const MICRO_USD_PER_USD = 1_000_000n;
const DECIMALS_MIN = 2;
const DECIMALS_MAX = 6;
const USD = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/;

/**
 * Micro-dollars of a decimal text such as `12.339`, `-0.5` or `10`; null for anything else: no sign but a leading
 * minus, no blanks, no exponent, no separators, at most 12 digits before and 6 after the point.
 */
export function parseUsd(text: string): bigint | null {
  const match = USD.exec(text);
  if (!match) return null;
  const [, sign = '', whole = '', fraction = ''] = match;
  const microUsd = BigInt(whole) * MICRO_USD_PER_USD + BigInt(fraction.padEnd(DECIMALS_MAX, '0'));
  return sign === '-' ? -microUsd : microUsd;
}

/** Decimal text of micro-dollars with 2 to 6 decimals: `12.339`, `10.00`, `-0.000001`. */
export function formatUsd(microUsd: bigint): string {
  const sign = microUsd < 0n ? '-' : '';
  const absolute = microUsd < 0n ? -microUsd : microUsd;
  const fraction = String(absolute % MICRO_USD_PER_USD)
    .padStart(DECIMALS_MAX, '0')
    .replace(/0+$/, '')
    .padEnd(DECIMALS_MIN, '0');
  return `${sign}${absolute / MICRO_USD_PER_USD}.${fraction}`;
}
