import { SERVICES, type ServiceName } from '@gateway/contracts';
import {
  ConfigError,
  createLogger,
  endOnSignals,
  loadConfig,
  processEnvironment,
} from '@gateway/platform';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { banner, writeDemo, type Demo } from '../../apps/standalone/src/demo';
import { seedDemo } from '../../apps/standalone/src/demo-seed';
import { isLoopbackOpen } from '../../apps/standalone/src/embedded-environment';
import { startEmbeddedParts } from '../../apps/standalone/src/embedded-parts';
import { Installation } from '../../apps/standalone/src/installation';
import { STANDALONE_VARIABLES } from '../../apps/standalone/src/standalone.config';
import { startTogether } from '../../apps/standalone/src/start-together';
import { Cluster } from './cluster';
import { startKafka } from './cluster-kafka';

/**
 * A process for each service over a real Kafka, on one machine:
 * `npm run start:cluster [-- --instances edge=2,billing=2]`.
 */
async function main(): Promise<void> {
  const startedAtMs = Date.now();
  const environment = processEnvironment();
  if (environment.NODE_ENV === 'production') {
    throw new ConfigError(['NODE_ENV is production: run each service by itself, see k8s/']);
  }
  const { values } = parseArgs({ options: { instances: { type: 'string', default: '' } } });
  const config = loadConfig(STANDALONE_VARIABLES, environment);
  const installation = Installation.open(resolve(config.dataDir));
  const [parts, kafka] = await startTogether(
    startEmbeddedParts(config, installation),
    startKafka(installation.dataDir, environment, () => {
      cluster.writeState();
    }),
  );
  const cluster: Cluster = new Cluster({
    config,
    installation,
    parts,
    kafka,
    given: environment,
    instances: instancesOf(values.instances),
  });
  const stop = async (): Promise<void> => {
    await cluster.stop();
    await kafka.stop();
    await parts.stop();
  };
  endOnSignals(createLogger({ service: 'cluster', level: 'warn' }), async () => {
    await stop();
    return true;
  });
  const start = async (): Promise<Demo> => {
    const made = await seedDemo(installation, parts, config, environment);
    await cluster.start();
    return made;
  };
  const demo = await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  writeDemo(installation.dataDir, demo);
  console.log(
    banner({
      profile: 'a process for each service',
      demo,
      simulatorUrl: parts.simulatorUrl,
      freePhoneNumber: parts.freePhoneNumber,
      isLoopbackOpen: isLoopbackOpen(environment),
      readyMs: Date.now() - startedAtMs,
    }),
  );
}

/** `edge=2,billing=2`; every service that is not named has one process. */
function instancesOf(text: string): ReadonlyMap<ServiceName, number> {
  const given = new Map(
    text
      .split(',')
      .filter((part) => part !== '')
      .map((part) => {
        const [name = '', count = ''] = part.split('=');
        const service = SERVICES.find((each) => each === name);
        if (!service || !/^[1-9]$/.test(count)) {
          throw new ConfigError([`--instances: ${part} is not <service>=<1 to 9>`]);
        }
        return [service, Number(count)] as const;
      }),
  );
  return new Map(SERVICES.map((service) => [service, given.get(service) ?? 1]));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
