import { randomUUID } from 'node:crypto';
import { AccessTokenSigner } from '../../../apps/auth/src/access-token-signer';
import type { SeededTenant } from '../../../apps/auth/src/demo-identity';
import { Installation } from '../../../apps/standalone/src/installation';
import { Gateway } from '../../listen/gateway';

const ALL_EVENTS = {
  messages: true,
  message_status: true,
  read: true,
  message_template_status: true,
  account: true,
};

/** Registers an endpoint for each application, by the route that its owner uses. */
export async function registerEndpoints(
  gateway: { readonly origin: string; readonly dataDir: string },
  tenants: readonly SeededTenant[],
  urlOf: (index: number) => string,
): Promise<void> {
  const seed = Installation.open(gateway.dataDir).derive('access token signing');
  const signer = new AccessTokenSigner(seed, { nowMs: () => Date.now() });
  for (const [index, { handle, organizationId, owner }] of tenants.entries()) {
    // Nobody signs in to the organizations of a measurement: the token is made with the installation's own key.
    const token = await signer.sign({
      sub: owner.id,
      sid: randomUUID(),
      ver: 1,
      org: organizationId,
      role: 'owner',
    });
    const login = { url: gateway.origin, appId: handle };
    await Gateway.withToken(login, token).upsert({
      url: urlOf(index),
      subscribedEvents: ALL_EVENTS,
    });
  }
}
