import { createLogger, loadConfig } from '@gateway/platform';
import { secureKafka, type SecureKafka } from '@gateway/testing';
import type { HandledTopic } from './batch-runner';
import { KAFKA_VARIABLES, kafkaConfig, type KafkaConfig } from './kafka-config';
import { createTopics, listTopics } from './kafka-topics';
import { createKafkaTransport } from './kafka-transport';
import { RunnerMetrics } from './runner-metrics';

const logger = createLogger({ service: 'spec', level: 'silent' });

/** A Kafka as it is rented: TLS with an authority of its own, and a user with a password. */
describe('a Kafka with TLS and SASL', () => {
  let kafka: SecureKafka;

  beforeAll(async () => {
    kafka = await secureKafka();
  }, 120_000);

  afterAll(() => kafka.close());

  /** As a service reads it from its environment. */
  const config = (environment: Readonly<Record<string, string>>): KafkaConfig =>
    kafkaConfig(
      loadConfig(KAFKA_VARIABLES, {
        KAFKA_BROKERS: kafka.address,
        KAFKA_TLS: 'true',
        KAFKA_TLS_CA_FILE: kafka.caFile,
        KAFKA_SASL_USERNAME: kafka.username,
        KAFKA_SASL_PASSWORD: kafka.password,
        ...environment,
      }),
      { app: 'spec', ordinal: environment.KAFKA_SASL_MECHANISM ?? 'none' },
    );

  it.each(['plain', 'scram-sha-512'])(
    'carries a record from producer to consumer as a user by %s',
    async (mechanism) => {
      const secured = config({ KAFKA_SASL_MECHANISM: mechanism });
      await createTopics(secured, logger);
      const transport = createKafkaTransport(secured, { logger });
      await transport.connect();
      const body = `sent by ${mechanism}`;
      const seen = new Set<string>();
      let arrived: () => void;
      const arrival = new Promise<void>((resolve) => (arrived = resolve));
      const consumer = transport.consumer(
        submissions(({ records }) => {
          for (const { value } of records) seen.add(String(value));
          if (seen.has(body)) arrived();
          return Promise.resolve();
        }),
        new RunnerMetrics(logger),
      );
      try {
        await consumer.start();
        await transport.producer.send({ topic: 'message.submitted.v1', key: 'app', value: body });
        await arrival;
        expect(seen).toContain(body);
      } finally {
        await consumer.close(5_000);
        await transport.close();
      }
    },
    60_000,
  );

  it('refuses a wrong password', async () => {
    const wrong = config({ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_PASSWORD: 'another' });
    await expect(listTopics(wrong, logger)).rejects.toThrow(/Authentication failed/);
  });

  it('is not believed without its certificate authority', async () => {
    const strange = { ...config({ KAFKA_SASL_MECHANISM: 'plain' }), tls: {} };
    await expect(listTopics(strange, logger)).rejects.toThrow(/certificate/);
  });
});

const submissions = (handle: HandledTopic['handle']): HandledTopic => ({
  topic: 'message.submitted.v1',
  handle,
  options: { group: 'rate-limiter', concurrency: 1, recordsMax: 500, inFlightMax: 1_000 },
});
