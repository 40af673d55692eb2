import { RateBook } from './rate-book';
import { RateCardError, parseRateCard } from './rate-card-csv';

const HEADER =
  'Market,Currency,Marketing,Utility,Authentication,"Authentication-\nInternational",Service';
const csv = (...rows: string[]): string =>
  ['"Cost per message in USD",,,,,,', '', HEADER, ...rows, ''].join('\r\n');

describe("Meta's rate card", () => {
  it('is read with its preamble, line breaks in the header, n/a and both names of the dollar', () => {
    const rates = parseRateCard(
      `\ufeff${csv('Turkey,$US,0.0109,0.0053,0.0053,n/a,0.0053', 'Rest of Africa,USD,$0.0225,n/a,0.004,0.02,0')}`,
    );
    expect(rates).toHaveLength(8);
    expect(rates).toContainEqual({
      market: 'Rest of Africa',
      category: 'authentication-international',
      amountMicroUsd: 20_000n,
    });
    expect(rates).toContainEqual({
      market: 'Turkey',
      category: 'marketing',
      amountMicroUsd: 10_900n,
    });
  });

  it.each([
    ['nothing', ''],
    ['no header', 'a,b\n1,2'],
    ['another currency', csv('Turkey,AED,0.1,0.1,0.1,n/a,0.1')],
    ['no amount', csv('Turkey,USD,cheap,0.1,0.1,n/a,0.1')],
    ['a negative amount', csv('Turkey,USD,-1,0.1,0.1,n/a,0.1')],
    ['a market twice', csv('Turkey,USD,1,1,1,n/a,1', 'Turkey,USD,2,1,1,n/a,1')],
    ['only n/a', csv('Turkey,USD,n/a,n/a,n/a,n/a,n/a')],
    ['an open quote', `${HEADER}\n"Turkey`],
  ])('with %s is refused', (_name, text) => {
    expect(() => parseRateCard(text)).toThrow(RateCardError);
  });
});

describe('the rate book', () => {
  const DAY = 86_400_000;
  const book = new RateBook(
    [
      {
        effectiveAtMs: 10 * DAY,
        rates: parseRateCard(
          csv(
            'Turkey,USD,0.02,0.01,0.01,0.03,0.005',
            'North America,USD,0.025,0.0034,0.0034,n/a,0.0034',
            'Rest of Latin America,USD,0.074,0.0113,0.0113,n/a,0.0113',
            'Other,USD,0.06,0.0077,0.0077,n/a,0.0077',
          ),
        ),
      },
      { effectiveAtMs: DAY, rates: parseRateCard(csv('Turkey,USD,0.01,0.01,0.01,n/a,0.01')) },
    ],
    60_000n,
  );
  const fee = (country: string | null, category: string, atMs = 11 * DAY) =>
    book.feeOf(country, category, atMs);

  it('takes the card in force at the time', () => {
    expect(fee('TR', 'marketing', 10 * DAY - 1).amountMicroUsd).toBe(10_000n);
    expect(fee('TR', 'marketing', 10 * DAY).amountMicroUsd).toBe(20_000n);
    expect(fee('TR', 'marketing', DAY - 1)).toEqual({ amountMicroUsd: 60_000n, basis: 'default' });
  });

  it("finds a country's own row, its region, or Other", () => {
    expect(fee('TR', 'utility').amountMicroUsd).toBe(10_000n);
    for (const country of ['US', 'CA']) expect(fee(country, 'service').amountMicroUsd).toBe(3_400n);
    for (const country of ['DO', 'JM', 'PR']) {
      expect(fee(country, 'service').amountMicroUsd).toBe(11_300n);
    }
    expect(fee('FJ', 'marketing').amountMicroUsd).toBe(60_000n);
    expect(fee('FJ', 'marketing').basis).toBe('card');
  });

  it('charges lite marketing as marketing, and authentication where its international rate is n/a', () => {
    expect(fee('TR', 'marketing_lite').amountMicroUsd).toBe(20_000n);
    expect(fee('US', 'authentication-international').amountMicroUsd).toBe(3_400n);
  });

  it('says when it charges the default', () => {
    expect(fee(null, 'marketing')).toEqual({ amountMicroUsd: 60_000n, basis: 'default' });
    expect(fee('TR', 'something_new')).toEqual({ amountMicroUsd: 60_000n, basis: 'default' });
    expect(fee('DE', 'marketing').basis).toBe('default');
  });

  it('knows the worst case: the dearest category of a template, the service rate of anything else', () => {
    expect(book.worstCaseOf('TR', true, 11 * DAY)).toBe(30_000n);
    expect(book.worstCaseOf('TR', false, 11 * DAY)).toBe(5_000n);
    expect(book.worstCaseOf('TR', true, 2 * DAY)).toBe(10_000n);
    expect(book.worstCaseOf(null, true, 11 * DAY)).toBe(60_000n);
  });
});
