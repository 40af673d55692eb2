import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const KAFKA_VERSION = '4.3.1';
/** Kafka brings slf4j-api 1.7; the `slf4j2` variant of log4j's binding would stay silent with it. */
const LOG4J_VERSION = '2.24.3';
const JAVA_MAJOR_MIN = 17;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>kafka-runtime</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>${LOG4J_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

/** A program that this machine lacks, with what to do about it; fit to be printed as it is. */
class MissingProgramError extends Error {
  override readonly name = 'MissingProgramError';
}

/**
 * Folder with Kafka's jars; fetched from Maven Central when they are not there yet. Two processes may do it at once:
 * each fetches into a folder of its own, the first rename wins.
 *
 * @throws MissingProgramError when Java 17 or Maven is missing
 */
export async function kafkaJars(log: (line: string) => void = () => undefined): Promise<string> {
  await requireJava();
  const cache = join(repositoryRoot(), '.cache', 'kafka');
  const target = join(cache, KAFKA_VERSION);
  if (existsSync(target)) return target;

  log(`fetching Apache Kafka ${KAFKA_VERSION} from Maven Central (once, 45 MB)`);
  const temporary = join(cache, `fetch-${randomUUID()}`);
  try {
    await mkdir(join(temporary, 'jars'), { recursive: true });
    await writeFile(join(temporary, 'pom.xml'), POM);
    await fetchInto(temporary);
    const jars = await readdir(join(temporary, 'jars'));
    if (!jars.some((jar) => jar.startsWith('kafka_2.13'))) {
      throw new Error('Maven ended without an error and without Kafka');
    }
    await rename(join(temporary, 'jars'), target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return target;
}

async function fetchInto(folder: string): Promise<void> {
  const { exitCode, output } = await run('mvn', [
    '-B',
    '-q',
    '-f',
    join(folder, 'pom.xml'),
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${join(folder, 'jars')}`,
  ]).catch(() => {
    throw new MissingProgramError(
      'Apache Kafka is fetched with Maven, and `mvn` was not found. Install it (Debian: apt-get install maven), ' +
        'or set KAFKA_BROKERS to a Kafka that is there.',
    );
  });
  if (exitCode !== 0) {
    throw new Error(`Maven could not fetch Apache Kafka:\n${output.slice(-2_000)}`);
  }
}

async function requireJava(): Promise<void> {
  const advice =
    `Install Java ${JAVA_MAJOR_MIN} or newer (Debian: apt-get install openjdk-17-jre-headless), ` +
    'or set KAFKA_BROKERS to a Kafka that is there.';
  const { output } = await run('java', ['-version']).catch(() => {
    throw new MissingProgramError(
      `Apache Kafka runs on Java, and \`java\` was not found. ${advice}`,
    );
  });
  const major = Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
  if (major < JAVA_MAJOR_MIN) {
    throw new MissingProgramError(
      `Apache Kafka ${KAFKA_VERSION} needs Java ${JAVA_MAJOR_MIN}, found ${major}. ${advice}`,
    );
  }
}

/** Runs a program to its end. Rejects only when it cannot be started. */
export function run(
  program: string,
  args: readonly string[],
): Promise<{ readonly exitCode: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ exitCode: code ?? 1, output });
    });
  });
}

/** The nearest folder above with a package.json: the same from the sources and from `dist`. */
export function repositoryRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${__dirname}`);
    folder = parent;
  }
  return folder;
}
