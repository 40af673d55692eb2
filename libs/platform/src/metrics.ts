import { performance } from 'node:perf_hooks';
import {
  Counter,
  Gauge,
  Histogram,
  Registry,
  collectDefaultMetrics,
  type CounterConfiguration,
  type Metric,
} from 'prom-client';

interface MetricOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  /** Low cardinality only: never a tenant, a number or an id. */
  readonly labels?: readonly L[];
}

interface GaugeOptions<L extends string> extends MetricOptions<L> {
  /** Sets the values when the metrics are read. */
  readonly collect?: (self: Gauge<L>) => void;
}

interface HistogramOptions<L extends string> extends MetricOptions<L> {
  /** Upper bounds; seconds for durations unless the name says otherwise. */
  readonly buckets?: readonly number[];
}

/** From half a millisecond, as a stage takes, to the 10 s that Meta is awaited. */
const DURATION_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

const registry = new Registry();

function getOrCreate<M extends Metric>(name: string, create: () => M): M {
  return (registry.getSingleMetric(name) as M | undefined) ?? create();
}

const common = <L extends string>({ name, help, labels = [] }: MetricOptions<L>) => ({
  name,
  help,
  labelNames: [...labels],
  registers: [registry],
});

/** One registry for the process. A metric that exists already is returned, so that a module can be built twice. */
export const metrics = {
  registry,
  counter: <L extends string = never>(options: MetricOptions<L>): Counter<L> =>
    getOrCreate(options.name, () => new Counter<L>(common(options) as CounterConfiguration<L>)),
  gauge: <L extends string = never>(options: GaugeOptions<L>): Gauge<L> =>
    getOrCreate(options.name, () => {
      const { collect } = options;
      return new Gauge<L>({
        ...common(options),
        ...(collect === undefined
          ? {}
          : {
              collect() {
                collect(this);
              },
            }),
      });
    }),
  histogram: <L extends string = never>(options: HistogramOptions<L>): Histogram<L> =>
    getOrCreate(
      options.name,
      () =>
        new Histogram<L>({
          ...common(options),
          buckets: [...(options.buckets ?? DURATION_BUCKETS)],
        }),
    ),
};

let hasDefaultMetrics = false;

/** Of the event loop's delay, sampled by a timer of its own that would wake an idle process 100 times a second. */
const SAMPLED_LAG = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'];
const SAMPLING_MS_MAX = 3_600_000;

/**
 * Memory, CPU, garbage collection and event loop of the process; once, however often it is called. How busy the loop
 * is costs nothing to know, and is shown instead of samples of its delay.
 */
export function collectProcessMetrics(): void {
  if (hasDefaultMetrics) return;
  hasDefaultMetrics = true;
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SAMPLING_MS_MAX });
  for (const name of SAMPLED_LAG)
    registry.removeSingleMetric(`nodejs_eventloop_lag_${name}_seconds`);
  let previous = performance.eventLoopUtilization();
  metrics.gauge({
    name: 'gw_event_loop_utilization_ratio',
    help: 'Part of the time since the last scrape in which the event loop did not wait.',
    collect: (gauge) => {
      const current = performance.eventLoopUtilization();
      gauge.set(performance.eventLoopUtilization(current, previous).utilization);
      previous = current;
    },
  });
}
