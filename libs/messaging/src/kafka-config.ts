import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { variable, type ConfigOf } from '@gateway/platform';

const SASL_MECHANISMS = ['none', 'plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** The environment variables of everything that talks to Kafka; spread into an app's own. */
export const KAFKA_VARIABLES = {
  kafkaBrokers: variable.list('KAFKA_BROKERS', {
    doc: 'Addresses of Kafka, host:port separated by commas.',
    default: ['127.0.0.1:9092'],
  }),
  kafkaClientId: variable.text('KAFKA_CLIENT_ID', {
    doc: 'Name of this process at Kafka: unique, the same after a restart. Host, app and port unless given.',
    pattern: /^[\w.-]{1,180}$/,
    optional: true,
  }),
  kafkaPathPartitions: variable.integer('KAFKA_PATH_PARTITIONS', {
    doc: 'Partitions of every topic of the path; never changed once topics exist.',
    default: 4,
    min: 1,
    max: 256,
  }),
  kafkaReplicationFactor: variable.integer('KAFKA_REPLICATION_FACTOR', {
    doc: 'Replicas of each topic; 3 on a cluster of brokers.',
    default: 1,
    min: 1,
    max: 16,
  }),
  kafkaTls: variable.boolean('KAFKA_TLS', {
    doc: 'Whether connections to Kafka are encrypted.',
    default: false,
  }),
  kafkaTlsCaFile: variable.text('KAFKA_TLS_CA_FILE', {
    doc: "File with the certificate authority of Kafka, PEM; the system's ones unless given.",
    optional: true,
  }),
  kafkaSaslMechanism: variable.oneOf('KAFKA_SASL_MECHANISM', SASL_MECHANISMS, {
    doc: 'How this process shows Kafka who it is.',
    default: 'none',
  }),
  kafkaSaslUsername: variable.text('KAFKA_SASL_USERNAME', {
    doc: 'User name at Kafka.',
    optional: true,
  }),
  kafkaSaslPassword: variable.secret('KAFKA_SASL_PASSWORD', {
    doc: 'Password at Kafka.',
    bytesMin: 1,
    optional: true,
  }),
};

interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** Where Kafka is, who this process is there, and the shape of the topics. */
export interface KafkaConfig {
  readonly brokers: readonly string[];
  /** Unique among live processes and the same after a restart. */
  readonly clientId: string;
  readonly pathPartitions: number;
  readonly replicationFactor: number;
  /** Absent: not encrypted. `ca` absent: the system's authorities. */
  readonly tls?: { readonly ca?: string };
  readonly sasl?: KafkaSasl;
}

type KafkaVariables = ConfigOf<typeof KAFKA_VARIABLES>;

/**
 * @param app name of the app, and `ordinal` what tells its processes on one host apart (a port), both for the client id
 * @throws Error when SASL is asked for without user name and password, or the file of the authority cannot be read
 */
export function kafkaConfig(
  variables: KafkaVariables,
  { app, ordinal }: { readonly app: string; readonly ordinal: number | string },
): KafkaConfig {
  const { kafkaTls, kafkaTlsCaFile } = variables;
  const ca = kafkaTlsCaFile === undefined ? undefined : readFileSync(kafkaTlsCaFile, 'utf8');
  return {
    brokers: variables.kafkaBrokers,
    clientId: variables.kafkaClientId ?? `${hostname()}-${app}-${ordinal}`,
    pathPartitions: variables.kafkaPathPartitions,
    replicationFactor: variables.kafkaReplicationFactor,
    ...(kafkaTls && { tls: { ca } }),
    ...saslOf(variables),
  };
}

function saslOf(variables: KafkaVariables): { readonly sasl?: KafkaSasl } {
  const { kafkaSaslMechanism: mechanism } = variables;
  if (mechanism === 'none') return {};
  const { kafkaSaslUsername: username, kafkaSaslPassword: password } = variables;
  if (username === undefined || password === undefined) {
    throw new Error('KAFKA_SASL_MECHANISM needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD');
  }
  return { sasl: { mechanism, username, password } };
}
