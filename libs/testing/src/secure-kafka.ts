import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@gateway/platform';
import { KafkaBroker } from '../../../tools/kafka/kafka-broker';

export interface SecureKafka {
  /** For `KAFKA_BROKERS`: the listener with TLS and SASL. */
  readonly address: string;
  /** For `KAFKA_TLS_CA_FILE`. */
  readonly caFile: string;
  readonly username: string;
  readonly password: string;
  close(): Promise<void>;
}

const STORE_PASSWORD = 'a-password-of-the-store';

/** A real Apache Kafka that asks for TLS by an authority of its own and for a user, by PLAIN or SCRAM-SHA-512. */
export async function secureKafka(): Promise<SecureKafka> {
  const home = await mkdtemp(join(tmpdir(), 'gateway-secure-kafka-'));
  const keystoreFile = join(home, 'broker.p12');
  const caFile = join(home, 'ca.pem');
  makeCertificate(keystoreFile, caFile);
  const port = await freePort();
  const user = { username: 'gateway', password: 'a-password-of-the-broker' };
  const broker = await KafkaBroker.start({
    dataDir: join(home, 'data'),
    secureListener: { port, keystoreFile, keystorePassword: STORE_PASSWORD, ...user },
  });
  return {
    address: `127.0.0.1:${port}`,
    caFile,
    ...user,
    close: async () => {
      await broker.kill();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A certificate that signs itself, with the tool that comes with Java. */
function makeCertificate(keystoreFile: string, pemFile: string): void {
  const store = ['-keystore', keystoreFile, '-storepass', STORE_PASSWORD, '-alias', 'broker'];
  const quiet = { stdio: 'pipe' } as const;
  execFileSync(
    'keytool',
    [
      ...['-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', '-validity', '2'],
      ...['-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1', ...store],
    ],
    quiet,
  );
  execFileSync('keytool', ['-exportcert', '-rfc', '-file', pemFile, ...store], quiet);
}
