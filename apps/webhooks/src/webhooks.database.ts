import {
  TENANT_APPLICATION,
  TENANT_ORGANIZATION,
  type DatabaseDefinition,
} from '@gateway/platform';
import { Endpoints1764300000001 } from './migrations/1764300000001-endpoints';
import { Events1764300000002 } from './migrations/1764300000002-events';
import { AcceptAndClaim1764300000003 } from './migrations/1764300000003-accept-and-claim';
import { IncomingHours1796400000000 } from './migrations/1796400000000-incoming-hours';
import { TurnOfKnownEvents1796500000000 } from './migrations/1796500000000-turn-of-known-events';

const isOfApplication = `app_id = ${TENANT_APPLICATION}`;
/**
 * Looked up once for a statement: each delivery has its event, and an application's events are of one organization. A
 * look at the event of each would make the count of a million deliveries take seconds.
 */
const hasOwnEvents = `(select e.org_id from webhooks.events e where e.app_id = ${TENANT_APPLICATION}
  order by e.at desc, e.id desc limit 1) = ${TENANT_ORGANIZATION}`;
/** A subquery for one value is looked up by the key of each row, and never made into a list of all. */
const hasOwnEndpoint = `(select e.org_id from webhooks.endpoints e where e.id = endpoint_id) = ${TENANT_ORGANIZATION}`;
const hasOwnDelivery = `(select d.app_id from webhooks.deliveries d
  where d.id = delivery_id and d.at = attempts.at) = ${TENANT_APPLICATION}`;

/** The schema that this service alone reads and writes. */
export const WEBHOOKS_DATABASE: DatabaseDefinition = {
  schema: 'webhooks',
  migrations: [
    Endpoints1764300000001,
    Events1764300000002,
    AcceptAndClaim1764300000003,
    IncomingHours1796400000000,
    TurnOfKnownEvents1796500000000,
  ],
  appendOnlyTables: ['audit_entries'],
  tenantTables: {
    attempts: { rule: hasOwnDelivery },
    audit_entries: 'org_id',
    deliveries: { rule: `${isOfApplication} and ${hasOwnEvents}` },
    endpoints: 'org_id',
    events: 'org_id',
    incoming_hours: 'org_id',
    jobs: { rule: hasOwnEndpoint },
    notices: 'org_id',
    // A replay may be of an application without events, and outlive its endpoint.
    replays: { rule: `${isOfApplication} and (${hasOwnEndpoint} or ${hasOwnEvents})` },
  },
  serviceTables: ['instances', 'seen_events', 'unmatched_events'],
};
