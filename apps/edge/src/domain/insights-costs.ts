/** What was charged of one category, as billing tells it. */
interface Usage {
  readonly category: string;
  readonly messageCount: number;
  /** Micro-dollars as decimal text. */
  readonly amountMicroUsd: string;
}

/** The categories of insights (`management-api.md`), in the order in which they are shown. */
export const INSIGHT_CATEGORIES = [
  'marketing',
  'utility',
  'authentication',
  'service',
  'other',
] as const;
export type InsightCategory = (typeof INSIGHT_CATEGORIES)[number];

/** Messages of a category and what they cost, in dollars. */
interface CategoryCost {
  readonly category: InsightCategory;
  readonly messageCount: number;
  /** What Meta charged. */
  readonly metaCost: number;
  /** With the gateway's fee. */
  readonly totalCost: number;
}

export interface Costs {
  readonly totalMessageCount: number;
  readonly totalMetaCost: number;
  readonly totalCost: number;
  /** Every category, also those that nothing was charged for. */
  readonly categories: readonly CategoryCost[];
}

interface Sum {
  readonly count: number;
  readonly microUsd: bigint;
}

const TEMPLATE_CATEGORIES = ['marketing', 'utility', 'authentication'] as const;
const MICRO_USD_PER_USD = 1_000_000;

/** Meta's finer categories, as insights know them. */
const SHOWN_AS: ReadonlyMap<string, InsightCategory> = new Map([
  ...INSIGHT_CATEGORIES.map((category) => [category, category] as const),
  ['marketing_lite', 'marketing'],
  ['authentication-international', 'authentication'],
]);

/**
 * Charges as costs by category. The gateway's fee is due at acceptance, and Meta names a category only of what it
 * charges: so the fees of templates are divided over the categories by how many messages each has, and what Meta charged
 * nothing for (yet, or because it was free) is `other`. `service` is what is no template. Parts add up to the whole.
 */
export function costsOf(usage: readonly Usage[]): Costs {
  const templateFees = sumOf(usage, 'infrastructure');
  const sessionFees = sumOf(usage, 'infrastructure_session');
  const chargedOf = (wanted: InsightCategory): Sum =>
    usage
      .filter(({ category }) => !category.startsWith('infrastructure'))
      .filter(({ category }) => (SHOWN_AS.get(category) ?? 'other') === wanted)
      .reduce(add, NOTHING);
  const templates = TEMPLATE_CATEGORIES.map((category) => ({
    category,
    charged: chargedOf(category),
  }));
  const namedCount = templates.reduce((sum, { charged }) => sum + charged.count, 0);
  // A message accepted before midnight may be charged after it: then the fees of here go to what was charged here.
  const divisor = BigInt(Math.max(templateFees.count, namedCount, 1));
  const rows = templates.map(({ category, charged }) => {
    const fees = (templateFees.microUsd * BigInt(charged.count)) / divisor;
    return costOf(category, charged.count, charged.microUsd, fees);
  });
  const divided = rows.reduce((sum, { feeMicroUsd }) => sum + feeMicroUsd, 0n);
  const service = chargedOf('service');
  const other = chargedOf('other');
  const serviceCount = Math.max(sessionFees.count, service.count);
  const otherCount = Math.max(templateFees.count - namedCount, other.count, 0);
  return total([
    ...rows,
    costOf('service', serviceCount, service.microUsd, sessionFees.microUsd),
    costOf('other', otherCount, other.microUsd, templateFees.microUsd - divided),
  ]);
}

/** How many messages Meta charged as one of these categories of its own. */
export const chargedCount = (usage: readonly Usage[], ...categories: readonly string[]): number =>
  usage
    .filter(({ category }) => categories.includes(category))
    .reduce((count, { messageCount }) => count + messageCount, 0);

interface ExactCost {
  readonly category: InsightCategory;
  readonly messageCount: number;
  readonly metaMicroUsd: bigint;
  readonly feeMicroUsd: bigint;
}

const costOf = (
  category: InsightCategory,
  messageCount: number,
  metaMicroUsd: bigint,
  feeMicroUsd: bigint,
): ExactCost => ({ category, messageCount, metaMicroUsd, feeMicroUsd });

function total(costs: readonly ExactCost[]): Costs {
  const metaMicroUsd = costs.reduce((sum, cost) => sum + cost.metaMicroUsd, 0n);
  const feeMicroUsd = costs.reduce((sum, cost) => sum + cost.feeMicroUsd, 0n);
  return {
    totalMessageCount: costs.reduce((sum, { messageCount }) => sum + messageCount, 0),
    totalMetaCost: dollars(metaMicroUsd),
    totalCost: dollars(metaMicroUsd + feeMicroUsd),
    categories: costs.map((cost) => ({
      category: cost.category,
      messageCount: cost.messageCount,
      metaCost: dollars(cost.metaMicroUsd),
      totalCost: dollars(cost.metaMicroUsd + cost.feeMicroUsd),
    })),
  };
}

const NOTHING: Sum = { count: 0, microUsd: 0n };

const add = ({ count, microUsd }: Sum, { messageCount, amountMicroUsd }: Usage): Sum => ({
  count: count + messageCount,
  microUsd: microUsd + BigInt(amountMicroUsd),
});

const sumOf = (usage: readonly Usage[], wanted: string): Sum =>
  usage.filter(({ category }) => category === wanted).reduce(add, NOTHING);

/** Insights are JSON numbers: below nine billion dollars the nearest one shows every micro-dollar. */
const dollars = (microUsd: bigint): number => Number(microUsd) / MICRO_USD_PER_USD;
