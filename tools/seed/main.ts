import { loadConfig, processEnvironment, serviceDatabaseUrl } from '@gateway/platform';
import { createHmac } from 'node:crypto';
import { firstCurl } from '../../apps/standalone/src/demo';
import { openSeeding } from '../../apps/standalone/src/seeding';
import { SEED_VARIABLES } from './seed.config';

/** Makes the demo organization on a trial installation of containers and prints its keys. */
async function main(): Promise<void> {
  const environment = processEnvironment();
  const config = loadConfig(SEED_VARIABLES, environment);
  const seeding = await openSeeding({
    auth: {
      ...environment,
      AUTH_SEED_DEMO: 'true',
      DATABASE_URL: serviceDatabaseUrl(config.databaseUrl, 'auth', config.authPassword),
    },
    billing: {
      ...environment,
      SIGNUP_CREDIT_USD: environment.SIGNUP_CREDIT_USD ?? '10',
      DATABASE_URL: serviceDatabaseUrl(config.databaseUrl, 'billing', config.billingPassword),
    },
  });
  const tenant = await seeding.seeds.seedDemo({
    installationKey: createHmac('sha256', config.credentialsKey).update('demo').digest(),
    channel: {
      phoneNumberId: '106540352242922',
      wabaId: '102290129340398',
      accessToken: 'EAAsimulator',
    },
    testNumber: '+905321234567',
  });
  await seeding.wallets.openWallet(tenant.organizationId);
  await seeding.rateCards.seedSample();
  await seeding.close();
  const demo = {
    url: 'http://127.0.0.1:8080',
    appId: tenant.handle,
    productionKey: tenant.keys.production,
    stagingKey: tenant.keys.staging,
  };
  console.log(
    `Production ${demo.productionKey}\nStaging    ${demo.stagingKey}\n${firstCurl(demo)}`,
  );
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
