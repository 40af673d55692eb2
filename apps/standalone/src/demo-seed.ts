import type { Environment } from '@gateway/platform';
import type { Demo } from './demo';
import { embeddedEnvironment, type EmbeddedParts } from './embedded-environment';
import type { Installation } from './installation';
import { openSeeding } from './seeding';
import type { StandaloneConfig } from './standalone.config';

/** The number that the demo's staging key may send to. */
const TEST_NUMBER = '+905321234567';

/** Makes the demo organization with its wallet, or finds it as it was; repeated, it is the same. */
export async function seedDemo(
  installation: Installation,
  parts: EmbeddedParts,
  config: StandaloneConfig,
  given: Environment,
): Promise<Demo> {
  const seeding = await openSeeding({
    auth: embeddedEnvironment('auth', installation, parts, given),
    billing: embeddedEnvironment('billing', installation, parts, given),
  });
  try {
    const tenant = await seeding.seeds.seedDemo({
      installationKey: installation.derive('demo'),
      channel: {
        phoneNumberId: config.demoPhoneNumberId,
        wabaId: config.demoWabaId,
        accessToken: config.demoAccessToken,
      },
      testNumber: TEST_NUMBER,
    });
    await seeding.wallets.openWallet(tenant.organizationId);
    await seeding.rateCards.seedSample();
    return {
      url: `http://127.0.0.1:${config.httpPort}`,
      dashboardUrl: `http://127.0.0.1:${config.httpPort}/`,
      appId: tenant.handle,
      productionKey: tenant.keys.production,
      stagingKey: tenant.keys.staging,
      email: tenant.owner.email,
      password: tenant.owner.password,
    };
  } finally {
    await seeding.close();
  }
}
