import { migrate, startEmbeddedPostgres, type DatabaseDefinition } from '@gateway/platform';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUTH_DATABASE } from '../../auth/src/auth.database';
import { BILLING_DATABASE } from '../../billing/src/billing.database';
import { DISPATCHER_DATABASE } from '../../dispatcher/src/dispatcher.database';
import { metaAppSecret, rolePassword, type EmbeddedParts } from './embedded-environment';
import { WEBHOOKS_DATABASE } from '../../webhooks/src/webhooks.database';
import type { Installation } from './installation';
import {
  startSimulatorProcess,
  type SimulatedPhoneNumber,
  type SimulatorProcess,
} from './simulator-process';
import { startTogether } from './start-together';

const DATABASES: readonly DatabaseDefinition[] = [
  AUTH_DATABASE,
  BILLING_DATABASE,
  DISPATCHER_DATABASE,
  WEBHOOKS_DATABASE,
];

interface PartsConfig {
  /** A Postgres to use instead of the embedded one; its user must own the database. */
  readonly databaseUrl: string | undefined;
  /** The real Meta; absent: the simulator. */
  readonly metaBaseUrl: string | undefined;
  readonly simulatorPort: number;
  readonly httpPort: number;
  /** What Meta's webhooks are signed with, when the operator says so. */
  readonly metaAppSecret: string | undefined;
  readonly demoPhoneNumberId: string;
  readonly demoWabaId: string;
}

export interface RunningParts extends EmbeddedParts {
  /** A number of the simulator's that nobody has connected yet. */
  readonly freePhoneNumber?: SimulatedPhoneNumber;
  stop(): Promise<void>;
}

/**
 * Starts what an embedded installation needs before its services: a migrated database, and somebody to send to.
 *
 * @throws whatever kept one of them from starting, after stopping the other
 */
export async function startEmbeddedParts(
  config: PartsConfig,
  installation: Installation,
): Promise<RunningParts> {
  const [postgres, simulator] = await startTogether(
    config.databaseUrl === undefined
      ? startEmbeddedPostgres({ dataDir: join(installation.dataDir, 'postgres') })
      : Promise.resolve(null),
    startMeta(config, installation),
  );
  const stop = async (): Promise<void> => {
    await simulator?.stop();
    await postgres?.stop();
  };
  const ownerDatabaseUrl = postgres?.url ?? config.databaseUrl ?? '';
  try {
    await prepareDatabase(ownerDatabaseUrl, installation);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ownerDatabaseUrl,
    metaBaseUrl: simulator?.url ?? config.metaBaseUrl ?? '',
    simulatorUrl: simulator?.url,
    freePhoneNumber: simulator?.freePhoneNumber,
    stop,
  };
}

/** The simulator, unless the gateway is to talk to the real Meta. */
async function startMeta(
  config: PartsConfig,
  installation: Installation,
): Promise<SimulatorProcess | null> {
  if (config.metaBaseUrl !== undefined) return null;
  return startSimulatorProcess({
    port: config.simulatorPort,
    webhookUrl: `http://127.0.0.1:${config.httpPort}/v1/webhooks/meta`,
    appSecret: config.metaAppSecret ?? metaAppSecret(installation),
    demoNumber: { phoneNumberId: config.demoPhoneNumberId, wabaId: config.demoWabaId },
  });
}

async function prepareDatabase(ownerUrl: string, installation: Installation): Promise<void> {
  await migrate({
    url: ownerUrl,
    definitions: DATABASES,
    rolePasswords: Object.fromEntries(
      DATABASES.map(({ schema }) => [schema, rolePassword(installation, schema)]),
    ),
  });
  writePrivate(join(installation.dataDir, 'database.url'), ownerUrl);
}

/** For an operator's `psql`; it holds a password. */
function writePrivate(path: string, text: string): void {
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
}
