import type { PricedPayload } from '@gateway/contracts';
import type { Fee, RateBook } from './rate-book';

/** What a final status does to the money of its message. */
export interface Pricing {
  readonly messageId: string;
  readonly orgId: string;
  readonly appId: string;
  readonly category: string;
  /** Null when nothing is due. */
  readonly fee: Fee | null;
}

/** One pricing for each message of a batch; of several that say different things, one that charges wins. */
export function pricingsOf(priced: readonly PricedPayload[], book: RateBook): Pricing[] {
  const byMessage = new Map<string, PricedPayload>();
  for (const each of priced) {
    const known = byMessage.get(each.messageId);
    if (!known || (each.billable && !known.billable)) byMessage.set(each.messageId, each);
  }
  return [...byMessage.values()].map(
    ({ messageId, orgId, appId, category, billable, market, atMs }) => ({
      messageId,
      orgId,
      appId,
      category: category ?? 'none',
      fee: billable && category !== null ? book.feeOf(market, category, atMs) : null,
    }),
  );
}
