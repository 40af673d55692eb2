import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import type { ChartRow } from '../../domain/insights';
import { chartSummary } from '../../domain/insights';

const SERIES = [
  { name: 'Sent', color: 'var(--app-good)' },
  { name: 'Received', color: 'var(--app-running)' },
];

/** Loaded by itself: the chart's library is as large as the rest of the page. */
export const MessagesChart = ({ rows, height }: { rows: readonly ChartRow[]; height: number }) => (
  <div role="img" aria-label={chartSummary(rows)} style={{ overflow: 'hidden' }}>
    <BarChart
      h={height}
      data={[...rows]}
      dataKey="label"
      type="stacked"
      series={SERIES}
      withLegend
      legendProps={{ verticalAlign: 'top', align: 'right', height: 32 }}
      gridAxis="x"
      tickLine="none"
      yAxisProps={{ allowDecimals: false, width: 36 }}
      xAxisProps={{ minTickGap: 24 }}
      barProps={{ isAnimationActive: false, maxBarSize: 28 }}
      // What it shows is said by its label; its parts are no stops on a walk by keyboard.
      barChartProps={{ accessibilityLayer: false }}
    />
  </div>
);
