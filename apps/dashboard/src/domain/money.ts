/** Dollars as the API writes them ("12.339"), exact, in millionths; null when it is no amount. */
export function microDollars(amount: string): bigint | null {
  const match = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(amount.trim());
  if (match === null) return null;
  const [, sign, whole = '0', fraction = ''] = match;
  const micros = BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  return sign === '-' ? -micros : micros;
}

/** For the reader: thousands apart, at least two decimals, no more than it takes. */
export function formatUsd(amount: string): string {
  const micros = microDollars(amount);
  if (micros === null) return amount;
  const size = micros < 0n ? -micros : micros;
  const whole = (size / 1_000_000n).toString().replaceAll(/\B(?=(\d{3})+$)/g, ',');
  const decimals = (size % 1_000_000n)
    .toString()
    .padStart(6, '0')
    .replace(/0{1,4}$/, '');
  return `${micros < 0n ? '-' : ''}$${whole}.${decimals}`;
}

/** A cost that the API gives as a JSON number. */
export const formatCost = (usd: number): string =>
  formatUsd(usd.toFixed(6).replace(/(\.\d{2}\d*?)0+$/, '$1'));

/** What every real message costs, whatever Meta asks beside it. */
const INFRASTRUCTURE_FEE_MICRO_USD = 1_000n;

/** How many messages a balance pays for at the infrastructure fee, which is due for each; Meta's fee comes on top. */
export function messagesPaidFor(balance: string): number {
  const micros = microDollars(balance) ?? 0n;
  return micros <= 0n ? 0 : Number(micros / INFRASTRUCTURE_FEE_MICRO_USD);
}
