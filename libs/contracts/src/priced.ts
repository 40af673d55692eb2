import { isUuid, parseObject } from './untrusted';

const CATEGORY = /^[a-z][a-z_-]{0,49}$/;
const COUNTRY = /^[A-Z]{2}$/;
const WAMID = /^[\x21-\x7e]{1,512}$/;

/** That Meta reported a message as delivered or failed, and as what it prices it; value of `message.priced.v1`. */
export interface PricedPayload {
  /** UUID of the message. */
  readonly messageId: string;
  readonly orgId: string;
  readonly appId: string;
  readonly wamid: string;
  /** ISO 3166 country of the recipient, which the rate card maps to Meta's market; null when it is not known. */
  readonly market: string | null;
  /** Meta's `pricing.category`, lower case; null when Meta named none, as for a failure: then nothing is charged. */
  readonly category: string | null;
  /** Whether Meta charges for it: `pricing.type` is `regular`, or without a type `pricing.billable` is true. */
  readonly billable: boolean;
  /** Meta's time of the status, Unix milliseconds: the rate card in force then applies. */
  readonly atMs: number;
}

/** A record's value as a `PricedPayload`, or null when it is none: Kafka records are untrusted. */
export function parsePriced(value: Buffer | null): PricedPayload | null {
  const parsed = parseObject(value);
  return parsed !== null && isPriced(parsed) ? parsed : null;
}

function isPriced(value: object): value is PricedPayload {
  const { messageId, orgId, appId, wamid, market, atMs } = value as Record<string, unknown>;
  return (
    [messageId, orgId, appId].every(isUuid) &&
    typeof wamid === 'string' &&
    WAMID.test(wamid) &&
    (market === null || (typeof market === 'string' && COUNTRY.test(market))) &&
    hasPrice(value) &&
    Number.isSafeInteger(atMs)
  );
}

function hasPrice(value: object): boolean {
  const { category, billable } = value as Record<string, unknown>;
  if (category === null) return billable === false;
  return typeof category === 'string' && CATEGORY.test(category) && typeof billable === 'boolean';
}
