import { metrics } from '@gateway/platform';

export const requests = metrics.counter({
  name: 'gw_produce_requests_total',
  help: 'Produce requests answered by Kafka.',
  labels: ['producer'],
});
export const sent = metrics.counter({
  name: 'gw_produce_records_total',
  help: 'Records acknowledged by Kafka.',
  labels: ['producer'],
});
export const failures = metrics.counter({
  name: 'gw_produce_failures_total',
  help: 'Produce requests that failed, by what becomes of their records.',
  labels: ['producer', 'failure'],
});
