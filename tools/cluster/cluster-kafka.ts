import type { Environment } from '@gateway/platform';
import { join } from 'node:path';
import { KafkaBroker } from '../kafka/kafka-broker';

export interface ClusterKafka {
  readonly brokers: string;
  /** Undefined while it is down, and always when it is somebody else's. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

const WATCH_INTERVAL_MS = 200;

/** The Kafka that `KAFKA_BROKERS` names, else one of this machine's own, started again when it ends unasked. */
export async function startKafka(
  dataDir: string,
  given: Environment,
  onRestarted: () => void,
): Promise<ClusterKafka> {
  const brokers = given.KAFKA_BROKERS;
  if (brokers !== undefined && brokers !== '') {
    return { brokers, pid: () => undefined, stop: () => Promise.resolve() };
  }
  const broker = await KafkaBroker.start({
    dataDir: join(dataDir, 'kafka'),
    heapMb: Number(given.KAFKA_HEAP_MB ?? '256'),
    log: console.log,
  });
  const stopWatching = keepRunning(broker, onRestarted);
  return {
    brokers: broker.address,
    pid: () => broker.pid,
    stop: async () => {
      await stopWatching();
      await broker.stop();
    },
  };
}

/** @returns ends the watch, after a restart that is under way */
function keepRunning(broker: KafkaBroker, onRestarted: () => void): () => Promise<void> {
  let restart: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (broker.pid !== undefined || restart) return;
    restart = broker
      .start()
      .then(onRestarted, (error: unknown) => {
        console.error(`Kafka does not start again: ${String(error)}`);
      })
      .finally(() => (restart = undefined));
  }, WATCH_INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await restart;
  };
}
