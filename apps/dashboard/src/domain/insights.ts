const DAY_MS = 86_400_000;
const DATE_CHARACTERS = 10;

/** The times that one can look back on, each with the periods that it is shown in. */
export const SPANS = [
  { value: 'hours', label: 'By hour', days: 2, granularity: 'hourly' },
  { value: 'week', label: '7 days', days: 7, granularity: 'daily' },
  { value: 'month', label: '30 days', days: 30, granularity: 'daily' },
] as const;
export type Span = (typeof SPANS)[number]['value'];

export const isSpan = (value: string): value is Span => SPANS.some((span) => span.value === value);

interface SpanQuery {
  readonly startDate: string;
  readonly endDate: string;
  readonly granularity: 'hourly' | 'daily';
}

/** The days of UTC that a span goes over, today the last of them. */
export function spanQuery(wanted: Span, nowMs: number): SpanQuery {
  const span = SPANS.find(({ value }) => value === wanted) ?? SPANS[0];
  return {
    startDate: dateOf(nowMs - (span.days - 1) * DAY_MS),
    endDate: dateOf(nowMs),
    granularity: span.granularity,
  };
}

interface Period {
  readonly timestamp: string;
  readonly outgoing: number;
  readonly incoming: number;
}

export interface ChartRow {
  readonly label: string;
  readonly Sent: number;
  readonly Received: number;
}

/** What the chart shows, without what has not begun yet. Hours are the reader's, days are of UTC. */
export function chartRows(
  series: readonly Period[],
  span: Span,
  { nowMs, locale, timeZone }: { nowMs: number; locale?: string; timeZone?: string },
): ChartRow[] {
  const format =
    span === 'hours'
      ? new Intl.DateTimeFormat(locale, {
          weekday: 'short',
          hour: '2-digit',
          minute: '2-digit',
          timeZone,
        })
      : new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  return series
    .filter(({ timestamp }) => Date.parse(timestamp) <= nowMs)
    .map(({ timestamp, outgoing, incoming }) => ({
      label: format.format(new Date(timestamp)),
      Sent: outgoing,
      Received: incoming,
    }));
}

/** The chart in words, for who cannot see it. */
export function chartSummary(rows: readonly ChartRow[]): string {
  const sum = (name: 'Sent' | 'Received'): number =>
    rows.reduce((total, row) => total + row[name], 0);
  const busiest = rows.reduce<ChartRow | null>(
    (most, row) =>
      row.Sent + row.Received > (most === null ? 0 : most.Sent + most.Received) ? row : most,
    null,
  );
  const counts = `${sum('Sent')} sent, ${sum('Received')} received`;
  return busiest === null ? counts : `${counts}; most of them ${busiest.label}`;
}

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, DATE_CHARACTERS);
