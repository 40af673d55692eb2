import type { Rate } from './domain/rate-book';
import type { ImportedCard } from './rate-cards.store';

/**
 * SAMPLE FIGURES, in micro-dollars, for trial installations alone: they are near what Meta charges, and are not what it
 * charges. Import Meta's own rate card before anything is billed by it.
 */
const SAMPLE: readonly (readonly [market: string, marketing: bigint, other: bigint])[] = [
  ['Argentina', 61_800n, 26_000n],
  ['Brazil', 62_500n, 6_800n],
  ['Chile', 88_900n, 20_000n],
  ['Colombia', 12_500n, 800n],
  ['Egypt', 64_400n, 3_600n],
  ['France', 85_900n, 30_000n],
  ['Germany', 136_500n, 55_000n],
  ['India', 11_800n, 1_400n],
  ['Indonesia', 41_100n, 25_000n],
  ['Israel', 35_300n, 5_300n],
  ['Italy', 69_100n, 30_000n],
  ['Malaysia', 86_000n, 14_000n],
  ['Mexico', 30_500n, 8_500n],
  ['Netherlands', 159_700n, 50_000n],
  ['Nigeria', 51_600n, 6_700n],
  ['Pakistan', 47_300n, 5_400n],
  ['Peru', 70_300n, 20_000n],
  ['Russia', 80_200n, 40_000n],
  ['Saudi Arabia', 45_500n, 10_700n],
  ['South Africa', 37_900n, 7_600n],
  ['Spain', 61_500n, 20_000n],
  ['Turkey', 10_900n, 5_300n],
  ['United Arab Emirates', 49_900n, 15_700n],
  ['United Kingdom', 52_900n, 22_000n],
  ['North America', 25_000n, 3_400n],
  ['Rest of Africa', 22_500n, 4_000n],
  ['Rest of Asia Pacific', 73_200n, 11_300n],
  ['Rest of Central & Eastern Europe', 86_000n, 21_200n],
  ['Rest of Latin America', 74_000n, 11_300n],
  ['Rest of Middle East', 34_100n, 9_100n],
  ['Rest of Western Europe', 59_200n, 17_100n],
  ['Other', 60_400n, 7_700n],
];

const OTHER_CATEGORIES = ['utility', 'authentication', 'service'] as const;

export const SAMPLE_CARD: ImportedCard = {
  effectiveOn: '2025-07-01',
  source: 'sample figures, for trial installations alone',
  isSample: true,
  rates: SAMPLE.flatMap(([market, marketing, other]): Rate[] => [
    { market, category: 'marketing', amountMicroUsd: marketing },
    ...OTHER_CATEGORIES.map((category) => ({ market, category, amountMicroUsd: other })),
  ]),
};
