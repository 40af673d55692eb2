const MICROS_DIGITS = 6;
const DECIMALS_MIN = 2;

/**
 * Micro-dollars as dollars, without trailing zeros: `1000` is `0.001`.
 * @param microUsd a whole number as decimal text
 */
export function toUsd(microUsd: string): string {
  const isNegative = microUsd.startsWith('-');
  const digits = microUsd.slice(isNegative ? 1 : 0).padStart(MICROS_DIGITS + 1, '0');
  const fraction = digits.slice(-MICROS_DIGITS).replace(/0+$/, '');
  const whole = digits.slice(0, -MICROS_DIGITS);
  return `${isNegative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** As `toUsd`, with two decimals at least: `10.00`, `12.339`. */
export function toLedgerUsd(microUsd: string): string {
  const [whole = '0', fraction = ''] = toUsd(microUsd).split('.');
  return `${whole}.${fraction.padEnd(DECIMALS_MIN, '0')}`;
}
