import type { ServiceName } from '@gateway/contracts';
import { ed25519PublicBytes, serviceDatabaseUrl, type Environment } from '@gateway/platform';
import type { Installation } from './installation';

/** What an embedded installation runs on, besides its own secrets. */
export interface EmbeddedParts {
  /** Owner of the database; each service gets a role of its own. */
  readonly ownerDatabaseUrl: string;
  readonly metaBaseUrl: string;
  /** Takes codes and mails, and has phone numbers to connect; absent where the real Meta is used. */
  readonly simulatorUrl?: string;
}

const SCHEMAS = ['auth', 'billing', 'dispatcher', 'webhooks'] as const;
type Schema = (typeof SCHEMAS)[number];

export const rolePassword = (installation: Installation, schema: string): string =>
  installation.deriveHex(`database role ${schema}`);

/** The simulator does not look at it. */
const META_APP_ID = '100000000000000';

/** What the simulator signs webhooks with, and the edge expects. */
export const metaAppSecret = (installation: Installation): string =>
  installation.deriveHex('meta app secret');

/** The environment of one service in the embedded profile; what the operator set himself wins. */
export function embeddedEnvironment(
  service: ServiceName,
  installation: Installation,
  parts: EmbeddedParts,
  given: Environment,
): Environment {
  const signingSeed = installation.derive('access token signing');
  const schema = SCHEMAS.find((name): name is Schema => name === service);
  return {
    KEY_HASH_SECRET: installation.deriveHex('key hash'),
    COMMAND_SEALING_KEY: installation.deriveHex('command sealing'),
    TENANCY_SEALING_KEY: installation.deriveHex('tenancy sealing'),
    CREDENTIALS_KEY: installation.deriveHex('credentials'),
    META_APP_ID,
    META_APP_SECRET: metaAppSecret(installation),
    META_VERIFY_TOKEN: installation.deriveHex('meta verify token'),
    ACCESS_TOKEN_SIGNING_KEY: signingSeed.toString('hex'),
    ACCESS_TOKEN_PUBLIC_KEY: ed25519PublicBytes(signingSeed).toString('hex'),
    EDGE_COOKIE_SECURE: 'false',
    WEBHOOK_SECRETS_KEY: installation.deriveHex('webhook secrets'),
    WEBHOOK_ALLOW_LOOPBACK: 'true',
    WEBHOOK_OWN_PORTS: [given.EDGE_HTTP_PORT ?? '8080', given.HEALTH_PORT ?? '9180'].join(','),
    SIGNUP_CREDIT_USD: '10',
    PAYMENT_PROVIDER: 'test',
    AUTH_SEED_DEMO: 'true',
    SHUTDOWN_DRAIN_MS: '0',
    LOG_LEVEL: 'warn',
    ...given,
    META_BASE_URL: parts.metaBaseUrl,
    ...(parts.simulatorUrl !== undefined && {
      OUTBOX_URL: parts.simulatorUrl,
      SIMULATOR_URL: parts.simulatorUrl,
    }),
    ...(schema && {
      DATABASE_URL: serviceDatabaseUrl(
        parts.ownerDatabaseUrl,
        schema,
        rolePassword(installation, schema),
      ),
    }),
  };
}

/** Whether webhooks may go to this machine: the embedded profile's own choice, unless the operator says no. */
export const isLoopbackOpen = (given: Environment): boolean =>
  given.WEBHOOK_ALLOW_LOOPBACK !== 'false';
