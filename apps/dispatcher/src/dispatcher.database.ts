import { TENANT_ORGANIZATION, type DatabaseDefinition } from '@gateway/platform';
import { Messages1764000000000 } from './migrations/1764000000000-messages';
import { MessageRecipients1796300000000 } from './migrations/1796300000000-message-recipients';
import { MessageCounts1796400000000 } from './migrations/1796400000000-message-counts';
import { MessagePageRoom1796500000000 } from './migrations/1796500000000-message-page-room';
import { MessageStatuses1795900000000 } from './migrations/1795900000000-message-statuses';

/** A subquery for one value is looked up by the key of each row, and never made into a list of all messages. */
const ofMessage = `(select m.org_id from dispatcher.messages m where m.id = message_id) = ${TENANT_ORGANIZATION}`;

/** What the dispatcher owns in Postgres. */
export const DISPATCHER_DATABASE: DatabaseDefinition = {
  schema: 'dispatcher',
  migrations: [
    Messages1764000000000,
    MessageStatuses1795900000000,
    MessageRecipients1796300000000,
    MessageCounts1796400000000,
    MessagePageRoom1796500000000,
  ],
  tenantTables: {
    message_count_changes: 'org_id',
    message_hours: 'org_id',
    message_statuses: { rule: ofMessage },
    message_wamids: { rule: ofMessage },
    messages: 'org_id',
  },
  serviceTables: ['idempotency_keys'],
};
