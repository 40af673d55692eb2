import { magicRecipient } from './faults';

export type StatusName = 'sent' | 'delivered' | 'read' | 'failed';

/** Meta's reason of a message that it accepted and could not deliver. */
interface DeliveryError {
  readonly code: number;
  readonly title: string;
  readonly details: string;
}

/** What happens to an accepted message. */
export interface StatusScript {
  /** Last three digits of the magic recipient; 0 for every other number. */
  readonly suffix: number;
  /** In the order of their coming; the first after the first delay, and so on. */
  readonly statuses: readonly StatusName[];
  readonly error?: DeliveryError;
  /** Each status comes so often. */
  readonly copies?: number;
  /** All in one webhook, after the first delay. */
  readonly isTogether?: true;
  /** Without any delay: before the answer to the send. */
  readonly isAtOnce?: true;
  /** Instead of what the kind of message has. */
  readonly pricingType?: PricingType;
  readonly does: string;
}

type PricingType = 'regular' | 'free_customer_service' | 'free_entry_point';

const ORDINARY: readonly StatusName[] = ['sent', 'delivered', 'read'];

const failing = (suffix: number, code: number, title: string, details: string): StatusScript => ({
  suffix,
  statuses: ['failed'],
  error: { code, title, details },
  does: `\`failed\` with ${code}, ${title}`,
});

/** A suffix is never given to another script: tests of customers name it. */
export const STATUS_SCRIPTS: readonly StatusScript[] = [
  failing(200, 131026, 'Message undeliverable', 'The recipient is not on WhatsApp'),
  failing(201, 131047, 'Re-engagement message', 'More than 24 hours since the last reply'),
  failing(202, 131049, 'Not delivered to keep the ecosystem healthy', 'Try again in a day or more'),
  failing(203, 131050, 'User stopped marketing messages', 'Do not send marketing to this user'),
  failing(204, 131053, 'Media upload error', 'The media behind the link could not be fetched'),
  failing(205, 130472, "User's number is part of an experiment", 'The message was not sent'),
  {
    ...failing(206, 131026, 'Message undeliverable', 'The recipient went away'),
    statuses: ['sent', 'failed'],
    does: '`sent`, then `failed` with 131026',
  },
  { suffix: 210, statuses: ['sent'], does: '`sent` and nothing more' },
  { suffix: 211, statuses: ['sent', 'delivered'], does: '`sent`, `delivered`, never `read`' },
  {
    suffix: 212,
    statuses: ['sent', 'read'],
    does: '`read` without `delivered`, as with an open chat',
  },
  { suffix: 213, statuses: ORDINARY, copies: 2, does: 'each status twice' },
  { suffix: 214, statuses: ORDINARY.toReversed(), does: '`read`, then `delivered`, then `sent`' },
  { suffix: 215, statuses: ORDINARY, isTogether: true, does: 'all three in one webhook' },
  {
    suffix: 216,
    statuses: ORDINARY,
    isAtOnce: true,
    does: 'all three before the send is answered',
  },
  {
    suffix: 217,
    statuses: ORDINARY,
    pricingType: 'free_entry_point',
    does: 'priced as free, from a click-to-WhatsApp ad',
  },
  {
    suffix: 218,
    statuses: ORDINARY,
    pricingType: 'regular',
    does: 'priced as regular, a message that is no template too',
  },
  { suffix: 219, statuses: [], does: 'no status at all' },
];

const USUAL: StatusScript = { suffix: 0, statuses: ORDINARY, does: 'sent, delivered, read' };

const BY_RECIPIENT = new Map(
  STATUS_SCRIPTS.map((script) => [magicRecipient(script.suffix), script]),
);

/** What happens to a message to this recipient, in digits. */
export const scriptOf = (recipient: string): StatusScript => BY_RECIPIENT.get(recipient) ?? USUAL;

/** What Meta counts an accepted message as. */
export interface Priced {
  /** Name of the template; null for any other message. */
  readonly template: string | null;
  readonly isMarketingMessage: boolean;
}

/** The category of a template is in its name: `marketing` or `otp` or `auth`, else it is of utility. */
function categoryOf({ template, isMarketingMessage }: Priced): string {
  if (isMarketingMessage) return 'marketing_lite';
  if (template === null) return 'service';
  if (template.includes('marketing')) return 'marketing';
  return /otp|auth/.test(template) ? 'authentication' : 'utility';
}

/** `pricing` as a status carries it. What is no template is within the month's free service messages. */
export function pricingJson(priced: Priced, { pricingType }: StatusScript): string {
  const type = pricingType ?? (priced.template === null ? 'free_customer_service' : 'regular');
  return `{"billable":${type === 'regular'},"pricing_model":"PMP","type":"${type}","category":"${categoryOf(priced)}"}`;
}
