export { FakeClock } from './fake-clock';
export { seededRandom } from './seeded-random';
export { testDatabase, type TestDatabase } from './test-database';
export { testKafka, type TestKafka } from './test-kafka';
export { secureKafka, type SecureKafka } from './secure-kafka';
export { asMetaWrites, metaWebhooks } from './meta-webhooks';
export { HOSTILE_URLS } from './hostile-urls';
export { TcpGate } from './tcp-gate';
export { until } from './until';
