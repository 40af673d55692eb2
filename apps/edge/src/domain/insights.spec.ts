import fc from 'fast-check';
import { INSIGHT_CATEGORIES, costsOf } from './insights-costs';
import { dateRange, daysOf, periodStarts } from './insights-periods';

const NOW_MS = Date.parse('2026-11-28T23:59:59Z');
const usage = (category: string, messageCount: number, microUsd: number) => ({
  category,
  messageCount,
  amountMicroUsd: String(microUsd),
});

describe('the range of insights', () => {
  it.each([
    [{}, '2026-10-30', '2026-11-28'],
    [{ startDate: '2026-11-27' }, '2026-11-27', '2026-11-28'],
    [{ startDate: '2027-01-01' }, '2027-01-01', '2027-01-01'],
    [{ endDate: '2026-03-01' }, '2026-01-31', '2026-03-01'],
    [{ startDate: '2026-01-01', endDate: '2026-01-02' }, '2026-01-01', '2026-01-02'],
  ])('of %j is %s to %s', (asked, startDate, endDate) => {
    expect(dateRange(asked, NOW_MS)).toEqual({ startDate, endDate });
  });

  it('counts both of its days', () => {
    expect(daysOf({ startDate: '2026-02-28', endDate: '2026-03-01' })).toBe(2);
  });

  it.each([
    ['hourly', 24, '2026-11-28T00', '2026-11-28T23'],
    ['daily', 1, '2026-11-28T00', '2026-11-28T00'],
    ['weekly', 1, '2026-11-23T00', '2026-11-23T00'],
    ['monthly', 1, '2026-11-01T00', '2026-11-01T00'],
  ] as const)('of one day has its %s periods', (granularity, count, first, last) => {
    const starts = periodStarts({ startDate: '2026-11-28', endDate: '2026-11-28' }, granularity);
    const hours = starts.map((start) => start.toISOString().slice(0, 13));
    expect([hours.length, hours[0], hours.at(-1)]).toEqual([count, first, last]);
  });

  it('goes over the ends of months and years', () => {
    const range = { startDate: '2026-11-29', endDate: '2027-01-04' };
    const of = (granularity: 'weekly' | 'monthly') =>
      periodStarts(range, granularity).map((start) => start.toISOString().slice(0, 10));
    expect(of('monthly')).toEqual(['2026-11-01', '2026-12-01', '2027-01-01']);
    expect(of('weekly')).toEqual([
      '2026-11-23',
      '2026-11-30',
      '2026-12-07',
      '2026-12-14',
      '2026-12-21',
      '2026-12-28',
      '2027-01-04',
    ]);
  });
});

describe('costs by category', () => {
  it('give each category its fees, what was free to other, and what is no template to service', () => {
    const { categories, ...totals } = costsOf([
      usage('infrastructure', 10, 10_000),
      usage('infrastructure_session', 5, 5_000),
      usage('marketing', 4, 43_600),
      usage('marketing_lite', 1, 10_900),
      usage('authentication-international', 2, 20_000),
      usage('service', 1, 5_300),
    ]);
    expect(totals).toEqual({ totalMessageCount: 15, totalMetaCost: 0.0798, totalCost: 0.0948 });
    expect(categories).toEqual([
      { category: 'marketing', messageCount: 5, metaCost: 0.0545, totalCost: 0.0595 },
      { category: 'utility', messageCount: 0, metaCost: 0, totalCost: 0 },
      { category: 'authentication', messageCount: 2, metaCost: 0.02, totalCost: 0.022 },
      { category: 'service', messageCount: 5, metaCost: 0.0053, totalCost: 0.0103 },
      { category: 'other', messageCount: 3, metaCost: 0, totalCost: 0.003 },
    ]);
  });

  it('are zeros of every category when nothing was charged', () => {
    const { categories, ...totals } = costsOf([]);
    expect(totals).toEqual({ totalMessageCount: 0, totalMetaCost: 0, totalCost: 0 });
    expect(categories.map(({ category }) => category)).toEqual([...INSIGHT_CATEGORIES]);
  });

  it('always add up to what was charged, and no count or cost is negative', () => {
    const charge = fc.record({
      category: fc.constantFrom(
        'infrastructure',
        'infrastructure_session',
        ...INSIGHT_CATEGORIES,
        'marketing_lite',
        'referral_conversion',
      ),
      messageCount: fc.nat(1_000),
      amountMicroUsd: fc.nat(10_000_000).map(String),
    });
    fc.assert(
      fc.property(fc.array(charge), (charges) => {
        const { categories, totalCost } = costsOf(charges);
        const micro = (value: number): number => Math.round(value * 1_000_000);
        const sum = charges.reduce((total, each) => total + Number(each.amountMicroUsd), 0);
        expect(micro(totalCost)).toBe(sum);
        expect(categories.reduce((total, each) => total + micro(each.totalCost), 0)).toBe(sum);
        for (const { messageCount, metaCost, totalCost: cost } of categories) {
          expect(Math.min(messageCount, metaCost, cost - metaCost)).toBeGreaterThanOrEqual(-1e-9);
        }
      }),
    );
  });
});
