import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLogger, endOnSignals } from '@gateway/platform';
import { KafkaBroker } from './kafka-broker';
import { repositoryRoot } from './kafka-distribution';

/** Runs one broker in the foreground: `node dist/tools/kafka/main.js [--port N] [--data DIR] [--heap MB]`. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '9092' },
      data: { type: 'string', default: join(repositoryRoot(), 'data', 'kafka') },
      heap: { type: 'string', default: '256' },
    },
  });
  const broker = await KafkaBroker.start({
    dataDir: values.data,
    port: Number(values.port),
    heapMb: Number(values.heap),
    log: console.log,
  });
  console.log(`Kafka answers at ${broker.address}, data in ${broker.dataDir}`);
  endOnSignals(createLogger({ service: 'kafka', level: 'warn' }), async () => {
    await broker.stop();
    return true;
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
