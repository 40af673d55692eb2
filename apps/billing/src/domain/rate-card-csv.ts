import { parse } from 'csv-parse/sync';
import { parseUsd } from './money';
import { RATE_CATEGORIES, type Rate, type RateCategory } from './rate-book';

/** The file is not one of Meta's rate cards in dollars; the message says where and why. */
export class RateCardError extends Error {
  override readonly name = 'RateCardError';
}

const DOLLARS = /^\$?\s*(usd|us|us dollars?)$/i;
const NOT_OFFERED = /^(n\/a|-|)$/i;
const CATEGORIES: ReadonlySet<string> = new Set(RATE_CATEGORIES);

/**
 * The rates of a card as Meta publishes it: lines before the header, a header whose cells may hold line breaks, `n/a`
 * where a category is not offered, currency as `USD` or `$US`.
 *
 * @throws RateCardError
 */
export function parseRateCard(csv: string): Rate[] {
  const lines = linesOf(csv);
  const at = lines.findIndex((cells) => headerName(cells[0] ?? '') === 'market');
  const header = lines[at]?.map(headerName);
  if (!header) throw new RateCardError('there is no header that begins with Market');
  const columns = header.flatMap((name, index) =>
    CATEGORIES.has(name) ? [{ category: name as RateCategory, index }] : [],
  );
  if (columns.length === 0) throw new RateCardError('no column names a category');
  const currencyAt = header.indexOf('currency');
  const rates = lines.slice(at + 1).flatMap((cells, index) => {
    const market = (cells[0] ?? '').trim();
    if (market === '') return [];
    const where = `row ${index + 1} (${market})`;
    if (currencyAt >= 0) checkCurrency(cells[currencyAt] ?? '', where);
    return columns.flatMap(({ category, index: column }) => {
      const amountMicroUsd = amountOf(cells[column] ?? '', `${where}, ${category}`);
      return amountMicroUsd === null ? [] : [{ market, category, amountMicroUsd }];
    });
  });
  checkComplete(rates);
  return rates;
}

function linesOf(csv: string): string[][] {
  try {
    return parse(csv, { bom: true, relaxColumnCount: true, skipEmptyLines: true });
  } catch (error) {
    throw new RateCardError('the file is no CSV', { cause: error });
  }
}

/** `Authentication-<line break>International` is `authentication-international`. */
const headerName = (cell: string): string => cell.replace(/\s+/g, '').toLowerCase();

function checkCurrency(cell: string, where: string): void {
  const text = cell.trim();
  if (!DOLLARS.test(text)) throw new RateCardError(`${where}: the currency is ${text}, not USD`);
}

/** Null where the category is not offered. */
function amountOf(cell: string, where: string): bigint | null {
  const text = cell.trim().replace(/^\$/, '');
  if (NOT_OFFERED.test(text)) return null;
  const amount = parseUsd(text);
  if (amount === null || amount < 0n) throw new RateCardError(`${where}: ${text} is no amount`);
  return amount;
}

function checkComplete(rates: readonly Rate[]): void {
  if (rates.length === 0) throw new RateCardError('there is no rate in the file');
  const keys = rates.map(({ market, category }) => `${market}, ${category}`);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new RateCardError(`${twice}: there are two rates`);
}
