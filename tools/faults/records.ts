import { GROUPS, type TopicName } from '@gateway/contracts';
import {
  createKafkaTransport,
  kafkaConfig,
  KAFKA_VARIABLES,
  type InboundRecord,
  type OutboundRecord,
  type Transport,
} from '@gateway/messaging';
import { createLogger, loadConfig } from '@gateway/platform';
import type { Seeded } from './seeded';

const PRODUCE_MS_MAX = 60_000;

/** Writes everything that stands in the topics into them a second time; returns how many records. */
export async function duplicateEverything(
  brokers: string,
  topics: readonly TopicName[],
): Promise<number> {
  return withTransport(brokers, async (transport) => {
    let copied = 0;
    for (const topic of topics) {
      const records: InboundRecord[] = [];
      await transport.tables.read(topic, (some) => records.push(...some));
      const copies = records.map(copyOf);
      await transport.producer.sendAll(copies, { deadlineMs: Date.now() + PRODUCE_MS_MAX });
      copied += copies.length;
    }
    return copied;
  });
}

/** Writes records to every topic that a group consumes that no group can make sense of; returns how many. */
export async function produceGarbage(brokers: string, random: Seeded): Promise<number> {
  return withTransport(brokers, async (transport) => {
    const records = GROUPS.flatMap(({ topic }) => garbageFor(topic, random));
    await transport.producer.sendAll(records, { deadlineMs: Date.now() + PRODUCE_MS_MAX });
    return records.length;
  });
}

function garbageFor(topic: TopicName, random: Seeded): OutboundRecord[] {
  const bytes = Buffer.from(Array.from({ length: 64 }, () => Math.floor(random() * 256)));
  const key = 'poison';
  return [
    { topic, key, value: bytes },
    { topic, key, value: null },
    { topic, key, value: '' },
    { topic, key, value: '{"messageId":' },
    { topic, key, value: '{"version":99}', headers: { 'x-message-id': 'not an id' } },
    { topic, key, value: Buffer.alloc(300_000, 'x'), headers: { 'x-flags': bytes } },
  ];
}

const copyOf = ({ topic, key, value, headers }: InboundRecord): OutboundRecord => ({
  topic,
  key: key ?? '',
  value,
  headers: headers as Readonly<Record<string, string | Buffer>>,
});

async function withTransport<T>(
  brokers: string,
  work: (transport: Transport) => Promise<T>,
): Promise<T> {
  const variables = loadConfig(KAFKA_VARIABLES, { KAFKA_BROKERS: brokers });
  const config = kafkaConfig(variables, { app: 'faults', ordinal: process.pid });
  const logger = createLogger({ service: 'faults', level: 'error' });
  const transport = createKafkaTransport(config, { logger });
  await transport.connect();
  try {
    return await work(transport);
  } finally {
    await transport.close();
  }
}
