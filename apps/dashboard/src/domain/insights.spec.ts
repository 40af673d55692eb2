import { chartRows, chartSummary, spanQuery } from './insights';

const NOW_MS = Date.parse('2026-03-01T01:30:00Z');
const period = (timestamp: string, outgoing: number, incoming = 0) => ({
  timestamp,
  outgoing,
  incoming,
});
const BERLIN = { nowMs: NOW_MS, locale: 'en-GB', timeZone: 'Europe/Berlin' };

it.each([
  ['hours', '2026-02-28', 'hourly'],
  ['week', '2026-02-23', 'daily'],
  ['month', '2026-01-31', 'daily'],
] as const)('%s begin on %s and are shown %s', (span, startDate, granularity) => {
  expect(spanQuery(span, NOW_MS)).toEqual({ startDate, endDate: '2026-03-01', granularity });
});

it('shows hours in the time of the reader, and none that has not begun', () => {
  const series = [
    period('2026-03-01T00:00:00.000Z', 1),
    period('2026-03-01T01:00:00.000Z', 2, 3),
    period('2026-03-01T02:00:00.000Z', 0),
  ];
  expect(chartRows(series, 'hours', BERLIN)).toEqual([
    { label: 'Sun 01:00', Sent: 1, Received: 0 },
    { label: 'Sun 02:00', Sent: 2, Received: 3 },
  ]);
});

it('shows days as they are counted', () => {
  const [row] = chartRows([period('2026-03-01T00:00:00.000Z', 1)], 'week', {
    ...BERLIN,
    timeZone: 'America/New_York',
  });
  expect(row?.label).toBe('1 Mar');
});

it('says in words what is to be seen', () => {
  const rows = chartRows(
    [period('2026-02-28T00:00:00.000Z', 5, 1), period('2026-03-01T00:00:00.000Z', 2)],
    'week',
    BERLIN,
  );
  expect(chartSummary(rows)).toBe('7 sent, 1 received; most of them 28 Feb');
  expect(chartSummary([])).toBe('0 sent, 0 received');
});
