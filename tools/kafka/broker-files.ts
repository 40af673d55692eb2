import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@gateway/platform';
import { run } from './kafka-distribution';

export interface BrokerPorts {
  readonly port: number;
  readonly controllerPort: number;
}

/** A second listener, as managed Kafka has it: TLS, and a user by PLAIN or SCRAM-SHA-512. */
export interface SecureListener {
  readonly port: number;
  /** PKCS 12, with the broker's key and certificate. */
  readonly keystoreFile: string;
  readonly keystorePassword: string;
  readonly username: string;
  readonly password: string;
}

/** A listener of one client alone, which is told another port than the broker's: that of whoever stands between. */
export interface ProxiedListener {
  /** Capital letters. */
  readonly name: string;
  readonly port: number;
  readonly advertisedPort: number;
}

/** What the broker listens on besides its own port. */
export interface MoreListeners {
  readonly secure?: SecureListener;
  readonly proxied?: readonly ProxiedListener[];
}

const LOG4J = `<Configuration status="WARN">
  <Appenders>
    <Console name="console"><PatternLayout pattern="%d %p %c{1} %m%n"/></Console>
  </Appenders>
  <Loggers>
    <Root level="WARN"><AppenderRef ref="console"/></Root>
  </Loggers>
</Configuration>
`;

/** One broker that is its own controller; short sessions so that it is back within seconds of a kill. */
const properties = (
  dataDir: string,
  { port, controllerPort }: BrokerPorts,
  { secure, proxied = [] }: MoreListeners,
): string => {
  const own = [
    `PLAINTEXT://127.0.0.1:${port}`,
    `CONTROLLER://127.0.0.1:${controllerPort}`,
    ...(secure ? [`SECURE://127.0.0.1:${secure.port}`] : []),
  ];
  const listeners = [...own, ...proxied.map((each) => `${each.name}://127.0.0.1:${each.port}`)];
  const advertised = [
    ...own,
    ...proxied.map((each) => `${each.name}://127.0.0.1:${each.advertisedPort}`),
  ];
  const protocols = [
    'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL',
    ...proxied.map(({ name }) => `${name}:PLAINTEXT`),
  ];
  return `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}
listeners=${listeners.join(',')}
advertised.listeners=${advertised.join(',')}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=${protocols.join(',')}
log.dirs=${join(dataDir, 'log')}
auto.create.topics.enable=false
num.partitions=4
log.message.timestamp.type=LogAppendTime
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
num.network.threads=1
num.io.threads=1
num.recovery.threads.per.data.dir=1
log.cleaner.dedupe.buffer.size=2097152
log.cleaner.threads=1
log.segment.bytes=16777216
log.retention.check.interval.ms=300000
${secure ? secureProperties(secure) : ''}`;
};

const secureProperties = (secure: SecureListener): string => {
  const modules = 'org.apache.kafka.common.security';
  const user = `user_${secure.username}="${secure.password}"`;
  return `listener.name.secure.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.secure.plain.sasl.jaas.config=${modules}.plain.PlainLoginModule required ${user};
listener.name.secure.scram-sha-512.sasl.jaas.config=${modules}.scram.ScramLoginModule required;
listener.name.secure.ssl.keystore.type=PKCS12
listener.name.secure.ssl.keystore.location=${secure.keystoreFile}
listener.name.secure.ssl.keystore.password=${secure.keystorePassword}
`;
};

/**
 * Writes the configuration and formats the data folder when it is new. A folder that was formatted keeps the port of
 * its controller, which is written into its metadata.
 *
 * @param port 0: the port it had before, or a free one
 */
export async function prepareDataDir(
  dataDir: string,
  jars: string,
  port: number,
  listeners: MoreListeners = {},
): Promise<BrokerPorts> {
  await mkdir(dataDir, { recursive: true });
  const saved = await readPorts(join(dataDir, 'ports.json'));
  const ports = {
    port: port !== 0 ? port : (saved?.port ?? (await freePort())),
    controllerPort: saved?.controllerPort ?? (await freePort()),
  };
  await writeFile(join(dataDir, 'ports.json'), JSON.stringify(ports));
  await writeFile(join(dataDir, 'log4j2.xml'), LOG4J);
  await writeFile(join(dataDir, 'server.properties'), properties(dataDir, ports, listeners));
  if (!existsSync(join(dataDir, 'log', 'meta.properties')))
    await format(dataDir, jars, listeners.secure);
  return ports;
}

async function readPorts(path: string): Promise<BrokerPorts | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as BrokerPorts;
  } catch {
    // A new folder, or a file cut short by a kill: both start over.
    return undefined;
  }
}

async function format(
  dataDir: string,
  jars: string,
  secure: SecureListener | undefined,
): Promise<void> {
  const { exitCode, output } = await run('java', [
    '-Xmx128m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    `-Dlog4j2.configurationFile=${join(dataDir, 'log4j2.xml')}`,
    '-cp',
    join(jars, '*'),
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId(),
    '-c',
    join(dataDir, 'server.properties'),
    '--standalone',
    '--ignore-formatted',
    ...(secure
      ? ['--add-scram', `SCRAM-SHA-512=[name=${secure.username},password=${secure.password}]`]
      : []),
  ]);
  if (exitCode !== 0)
    throw new Error(`Kafka could not format ${dataDir}:\n${output.slice(-2_000)}`);
}

/** 16 random bytes as base64url; one that starts with a dash would be taken for an option. */
function clusterId(): string {
  let id: string;
  do {
    id = randomBytes(16).toString('base64url');
  } while (id.startsWith('-'));
  return id;
}
