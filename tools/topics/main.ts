import { createTopics, kafkaConfig, KAFKA_VARIABLES } from '@gateway/messaging';
import { createLogger, loadConfig } from '@gateway/platform';

/** Creates what is missing of the list of topics at KAFKA_BROKERS; what is there is compared and left as it is. */
async function main(): Promise<void> {
  const config = kafkaConfig(loadConfig(KAFKA_VARIABLES), { app: 'topics', ordinal: process.pid });
  const logger = createLogger({ service: 'topics', level: 'warn' });
  const { created, drift } = await createTopics(config, logger);
  for (const topic of created) console.log(`created ${topic}`);
  for (const difference of drift) console.log(`differs: ${difference}`);
  console.log(`${created.length} topics created, ${drift.length} differences`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
