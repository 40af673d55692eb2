import { Center, SegmentedControl, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Suspense, lazy, useState } from 'react';
import { messageInsightsQuery, summaryQuery } from '../../api/queries/insights';
import { Section } from '../../components/page';
import { QueryView } from '../../components/query-view';
import { SPANS, chartRows, isSpan, type Span } from '../../domain/insights';
import { formatCost } from '../../domain/money';

const CHART_HEIGHT = 260;

const MessagesChart = lazy(async () => {
  const { MessagesChart: component } = await import('./messages-chart');
  return { default: component };
});

/** How much was sent and received, how it ended and what it cost. */
export function Insights({ appId }: { appId: string }) {
  const [span, setSpan] = useState<Span>('hours');
  const messages = useQuery(messageInsightsQuery(appId, span));
  return (
    <Section
      title="Messages"
      description="What Meta took and what came in. Fakes are not counted; days are of UTC."
      actions={
        <SegmentedControl
          aria-label="Time shown"
          size="xs"
          data={SPANS.map(({ value, label }) => ({ value, label }))}
          value={span}
          onChange={(value) => {
            if (isSpan(value)) setSpan(value);
          }}
        />
      }
    >
      <QueryView query={messages} lines={6}>
        {(data) =>
          data === null ? null : (
            <Stack gap="lg">
              <Figures stats={data.stats} appId={appId} span={span} />
              <Chart series={data.series} span={span} nowMs={messages.dataUpdatedAt} />
            </Stack>
          )
        }
      </QueryView>
    </Section>
  );
}

interface Stats {
  readonly outgoing: number;
  readonly incoming: number;
  readonly template: number;
  readonly delivered: number;
  readonly read: number;
  readonly failed: number;
  readonly rejected: number;
  readonly expired: number;
}

interface FiguresProps {
  readonly stats: Stats;
  readonly appId: string;
  readonly span: Span;
}

function Figures({ stats, appId, span }: FiguresProps) {
  const summary = useQuery(summaryQuery(appId, span));
  const cost = summary.data ? formatCost(summary.data.totalCost) : '–';
  return (
    <SimpleGrid component="dl" cols={{ base: 2, sm: 3, lg: 6 }} m={0} spacing="md">
      <Figure name="Sent" value={stats.outgoing} />
      <Figure name="Delivered" value={stats.delivered + stats.read} />
      <Figure name="Read" value={stats.read} />
      <Figure name="Not delivered" value={stats.failed + stats.rejected + stats.expired} />
      <Figure name="Received" value={stats.incoming} />
      <Figure name="Cost" value={cost} />
    </SimpleGrid>
  );
}

const Figure = ({ name, value }: { name: string; value: number | string }) => (
  <div>
    <Text component="dt" size="sm" c="dimmed">
      {name}
    </Text>
    <Text component="dd" m={0} fz={22} fw={650} lh={1.3}>
      {typeof value === 'number' ? value.toLocaleString() : value}
    </Text>
  </div>
);

interface ChartProps {
  readonly series: Parameters<typeof chartRows>[0];
  readonly span: Span;
  /** When the series was counted. */
  readonly nowMs: number;
}

function Chart({ series, span, nowMs }: ChartProps) {
  const rows = chartRows(series, span, { nowMs });
  if (rows.every(({ Sent, Received }) => Sent + Received === 0)) {
    return (
      <Center h={CHART_HEIGHT}>
        <Text size="sm" c="dimmed" ta="center">
          Nothing was sent or received in this time.
        </Text>
      </Center>
    );
  }
  return (
    <Suspense fallback={<Skeleton height={CHART_HEIGHT} role="status" aria-label="Loading" />}>
      <MessagesChart rows={rows} height={CHART_HEIGHT} />
    </Suspense>
  );
}
