import { Sealer } from '@gateway/platform';
import { randomBytes, randomUUID } from 'node:crypto';
import { EndpointSecrets } from '../../apps/webhooks/src/endpoint-secrets';
import type { Sender } from './load';
import type { World } from './world';

const SECRET_BYTES = 32;
const EVENTS = ['messages', 'message_status', 'read'];

/** An endpoint for each application, as its owner would have made it; returns the signing secrets by application. */
export async function makeEndpoints(
  world: World,
  senders: readonly Sender[],
): Promise<ReadonlyMap<string, string>> {
  const key = world.environmentOf('webhooks').WEBHOOK_SECRETS_KEY ?? '';
  const secrets = new EndpointSecrets(new Sealer({ current: Buffer.from(key, 'hex') }));
  const signing = new Map<string, string>();
  const rows = senders.map(({ orgId, appId }) => {
    const place = { id: randomUUID(), orgId };
    const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
    signing.set(appId, secret);
    return {
      id: place.id,
      org_id: orgId,
      app_id: appId,
      url: world.customerUrl(appId),
      headers_sealed: bytea(secrets.sealHeaders(place, {})),
      bearer_sealed: bytea(secrets.seal(place, 'bearer_secret', 'whbs_faults')),
      signing_sealed: bytea(secrets.seal(place, 'signing_secret', secret)),
    };
  });
  await world.database.query(
    `insert into webhooks.endpoints (id, org_id, app_id, url, events, hub_signature, is_active, headers_sealed,
       bearer_sealed, signing_sealed, revision, created_at, updated_at, changed_at)
     select id, org_id, app_id, url, $2, false, true, headers_sealed, bearer_sealed, signing_sealed, 1, now(), now(), now()
     from json_populate_recordset(null::webhooks.endpoints, $1::json)`,
    [JSON.stringify(rows), EVENTS],
  );
  return signing;
}

/** A new URL, as the owner would set it. */
export async function moveEndpoint(world: World, appId: string, url: string): Promise<void> {
  await world.database.query(
    `update webhooks.endpoints set url = $2, revision = revision + 1, updated_at = now(), changed_at = now()
     where app_id = $1`,
    [appId, url],
  );
}

/**
 * Time passes for what waits for its next attempt: hours of the schedule are not waited for, and endpoints that are left
 * alone are tried again. Nothing else is changed.
 */
export async function passTime(world: World): Promise<void> {
  await world.database.query(
    `update webhooks.endpoints e set breaker_open_until = null, changed_at = now()
     from faults.senders s where s.app_id = e.app_id and breaker_open_until > now()`,
  );
  await world.database.query(
    `update webhooks.jobs j set next_attempt_at = now()
     from webhooks.endpoints e join faults.senders s using (app_id)
     where e.id = j.endpoint_id and j.claim_id is null and j.next_attempt_at > now() + interval '1 second'`,
  );
}

const bytea = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`;
