import { recordOf, type Outcome } from '@gateway/contracts';
import type { OutboundRecord } from '@gateway/messaging';
import type { MessageRow } from './messages.store';

/** What billing learns of how a message ended. */
export function settledRecord(
  row: Pick<MessageRow, 'messageId' | 'orgId' | 'appId' | 'isFake' | 'type'>,
  outcome: Outcome,
  atMs: number,
): OutboundRecord {
  const { messageId, orgId, appId } = row;
  const billable = !row.isFake && row.type !== 'read';
  const isTemplate = row.type === 'template';
  const payload = { messageId, orgId, appId, outcome, billable, isTemplate, atMs };
  return recordOf('message.settled.v1', appId, payload);
}
