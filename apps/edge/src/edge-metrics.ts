import { metrics } from '@gateway/platform';

/** What the edge shows of itself; labels from closed sets only. */
export const edgeMetrics = {
  answers: metrics.counter({
    name: 'gw_edge_answers_total',
    help: 'HTTP answers by route and status.',
    labels: ['route', 'status'],
  }),
  sendSeconds: metrics.histogram({
    name: 'gw_edge_send_seconds',
    help: 'Time from a submitted message to its answer.',
  }),
  inFlight: metrics.gauge({
    name: 'gw_edge_in_flight',
    help: 'Messages that wait for their outcome.',
  }),
  breakersOpen: metrics.gauge({
    name: 'gw_edge_breakers_open',
    help: 'Partitions of the path that are taken for dead.',
  }),
  keysFresh: metrics.gauge({
    name: 'gw_edge_keys_fresh',
    help: '1 while keys are believed without asking auth, else 0.',
  }),
  keyLookups: metrics.counter({
    name: 'gw_edge_key_lookups_total',
    help: 'Look-ups of keys at auth by outcome.',
    labels: ['outcome'],
  }),
  metaUpdates: metrics.counter({
    name: 'gw_edge_meta_updates_total',
    help: "Messages, statuses and changes in Meta's webhooks; broken ones are kept as dead letters.",
    labels: ['state'],
  }),
  keysUnconfirmed: metrics.counter({
    name: 'gw_edge_keys_unconfirmed_total',
    help: 'Requests let through with a cached key while neither auth nor its topic could be heard.',
  }),
};
