import type {
  IncomingCounts,
  InsightsRange,
  MessageState,
  OutgoingCounts,
  UsageOfPeriod,
} from '@gateway/contracts';
import { chargedCount, costsOf } from './insights-costs';
import { dateOf, periodStarts } from './insights-periods';

type Range = Pick<InsightsRange, 'startDate' | 'endDate' | 'granularity'>;

/** States that a message is counted in: while it is being sent it is not counted yet. */
const COUNTED_STATES = [
  'accepted',
  'sent',
  'delivered',
  'read',
  'failed',
  'rejected',
  'expired',
  'unknown',
] as const satisfies readonly MessageState[];

interface MessageCounts {
  readonly total: number;
  readonly incoming: number;
  readonly outgoing: number;
  readonly template: number;
}

type MessageStats = MessageCounts & Readonly<Record<(typeof COUNTED_STATES)[number], number>>;

/** A row of each period that the range touches, whether anything happened in it or not. */
function rowsOf<Row>(range: Range, row: (at: string) => Row): Row[] {
  return periodStarts(range, range.granularity).map((start) => row(start.toISOString()));
}

function byPeriod<Count extends { readonly at: string }>(
  counts: readonly Count[],
): ReadonlyMap<string, readonly Count[]> {
  const periods = new Map<string, Count[]>();
  for (const count of counts) {
    const known = periods.get(count.at);
    if (known) known.push(count);
    else periods.set(count.at, [count]);
  }
  return periods;
}

/** Messages of both directions, in all. */
export function messageCounts(
  outgoing: readonly OutgoingCounts[],
  incoming: readonly IncomingCounts[],
): MessageCounts {
  const received = incoming.reduce((sum, each) => sum + each.incoming, 0);
  const template = outgoing.reduce((sum, each) => sum + each.template, 0);
  const sent = outgoing.reduce((sum, each) => sum + each.session, template);
  return { total: received + sent, incoming: received, outgoing: sent, template };
}

export function messageStats(
  counts: MessageCounts,
  states: Readonly<Partial<Record<MessageState, number>>>,
): MessageStats {
  const byState = COUNTED_STATES.map((state) => [state, states[state] ?? 0] as const);
  return { ...counts, ...(Object.fromEntries(byState) as Record<keyof MessageStats, number>) };
}

export function messageSeries(
  range: Range,
  outgoing: readonly OutgoingCounts[],
  incoming: readonly IncomingCounts[],
): (MessageCounts & { readonly timestamp: string })[] {
  const sent = byPeriod(outgoing);
  const received = byPeriod(incoming);
  return rowsOf(range, (at) => ({
    timestamp: at,
    ...messageCounts(sent.get(at) ?? [], received.get(at) ?? []),
  }));
}

export function costSeries(range: Range, usage: readonly UsageOfPeriod[]) {
  const charged = byPeriod(usage);
  return rowsOf(range, (at) => {
    const { totalCost, totalMessageCount, categories } = costsOf(charged.get(at) ?? []);
    return {
      timestamp: at,
      totalCost,
      totalMessageCount,
      categories: categories.map(({ category, messageCount, totalCost: cost }) => ({
        category,
        messageCount,
        totalCost: cost,
      })),
    };
  });
}

export function breakup(
  range: Range,
  outgoing: readonly OutgoingCounts[],
  incoming: readonly IncomingCounts[],
) {
  return messageSeries(range, outgoing, incoming).map(
    ({ timestamp, template, outgoing: sent, incoming: received }) => ({
      date: range.granularity === 'hourly' ? timestamp : dateOf(Date.parse(timestamp)),
      templateSent: template,
      outgoingSession: sent - template,
      incomingSession: received,
    }),
  );
}

/** Meta charges by message since July 2025, and counts no conversations any more. */
const NO_CONVERSATIONS = {
  marketingConversations: 0,
  authenticationConversations: 0,
  utilityConversations: 0,
  serviceConversations: 0,
  totalFreeConversations: 0,
  totalPaidConversations: 0,
} as const;

export interface Counted {
  readonly outgoing: readonly OutgoingCounts[];
  readonly incoming: readonly IncomingCounts[];
  readonly usage: readonly UsageOfPeriod[];
}

/** A row of each day with all that is counted. */
export function exportRows(range: Range, { outgoing, incoming, usage }: Counted) {
  const sent = byPeriod(outgoing);
  const received = byPeriod(incoming);
  const charged = byPeriod(usage);
  return rowsOf(range, (at) => {
    const counts = messageCounts(sent.get(at) ?? [], received.get(at) ?? []);
    const ofDay = charged.get(at) ?? [];
    return {
      date: dateOf(Date.parse(at)),
      templateSentMessages: counts.template,
      sessionSentMessages: counts.outgoing - counts.template,
      sessionReceivedMessages: counts.incoming,
      marketingTemplates: chargedCount(ofDay, 'marketing', 'marketing_lite'),
      marketingTemplatesMmLite: (sent.get(at) ?? []).reduce(
        (sum, { marketingLite }) => sum + marketingLite,
        0,
      ),
      utilityTemplates: chargedCount(ofDay, 'utility'),
      authenticationTemplates: chargedCount(
        ofDay,
        'authentication',
        'authentication-international',
      ),
      ...NO_CONVERSATIONS,
    };
  });
}
