import { marketsOf } from './meta-markets';

/** Meta's prices from a day on. */
export interface RateCard {
  /** Unix milliseconds; 00:00 UTC of that day. */
  readonly effectiveAtMs: number;
  readonly rates: readonly Rate[];
}

export interface Rate {
  /** As Meta's rate card names it. */
  readonly market: string;
  readonly category: RateCategory;
  readonly amountMicroUsd: bigint;
}

export const RATE_CATEGORIES = [
  'marketing',
  'utility',
  'authentication',
  'authentication-international',
  'service',
] as const;
export type RateCategory = (typeof RATE_CATEGORIES)[number];

/** What a message costs at Meta, and whether a rate card says so. */
export interface Fee {
  readonly amountMicroUsd: bigint;
  /** `default`: no card in force names the market or the category. */
  readonly basis: 'card' | 'default';
}

/** Categories of Meta's statuses that are priced as another one. */
const PRICED_AS: ReadonlyMap<string, RateCategory> = new Map([
  ...RATE_CATEGORIES.map((category) => [category, category] as const),
  ['marketing_lite', 'marketing'],
]);

/** A template's category is not known before Meta names it. */
const TEMPLATE_CATEGORIES: readonly RateCategory[] = [
  'marketing',
  'utility',
  'authentication',
  'authentication-international',
];

/** All rate cards, for looking up what holds for a country, a category and a time. */
export class RateBook {
  private readonly cards: readonly { effectiveAtMs: number; rates: ReadonlyMap<string, bigint> }[];
  /** Asked for each message: as many as there are countries. */
  private readonly worstCases = new Map<string, bigint>();

  /** @param defaultMicroUsd what is charged where no card says anything */
  constructor(
    cards: readonly RateCard[],
    private readonly defaultMicroUsd: bigint,
  ) {
    this.cards = cards
      .map(({ effectiveAtMs, rates }) => ({
        effectiveAtMs,
        rates: new Map(
          rates.map(({ market, category, amountMicroUsd }) => [
            keyOf(market, category),
            amountMicroUsd,
          ]),
        ),
      }))
      .sort((a, b) => b.effectiveAtMs - a.effectiveAtMs);
  }

  /** @param country ISO 3166 of the recipient; null when it is not known */
  feeOf(country: string | null, category: string, atMs: number): Fee {
    const pricedAs = PRICED_AS.get(category);
    const amount = pricedAs && this.rateOf(country, pricedAs, atMs);
    return amount === undefined
      ? { amountMicroUsd: this.defaultMicroUsd, basis: 'default' }
      : { amountMicroUsd: amount, basis: 'card' };
  }

  /** The most that a message can cost at Meta. */
  worstCaseOf(country: string | null, isTemplate: boolean, atMs: number): bigint {
    const key = `${this.cardAt(atMs)?.effectiveAtMs} ${country} ${isTemplate}`;
    const known = this.worstCases.get(key);
    if (known !== undefined) return known;
    const categories = isTemplate ? TEMPLATE_CATEGORIES : (['service'] as const);
    const worst = categories
      .map((category) => this.feeOf(country, category, atMs).amountMicroUsd)
      .reduce((most, amount) => (amount > most ? amount : most), 0n);
    this.worstCases.set(key, worst);
    return worst;
  }

  private cardAt(atMs: number): (typeof this.cards)[number] | undefined {
    return this.cards.find(({ effectiveAtMs }) => effectiveAtMs <= atMs);
  }

  private rateOf(country: string | null, category: RateCategory, atMs: number): bigint | undefined {
    const card = this.cardAt(atMs);
    if (!card || country === null) return undefined;
    for (const market of marketsOf(country)) {
      const rate =
        card.rates.get(keyOf(market, category)) ??
        (category === 'authentication-international'
          ? card.rates.get(keyOf(market, 'authentication'))
          : undefined);
      if (rate !== undefined) return rate;
    }
    return undefined;
  }
}

const keyOf = (market: string, category: RateCategory): string => `${category} ${market}`;
