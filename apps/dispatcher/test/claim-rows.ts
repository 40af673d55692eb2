import { systemRandom, uuidv7 } from '@gateway/platform';
import type { ClaimRow } from '../src/messages.store';

/** The row of a text message that is being sent, of now unless its id says otherwise. */
export const aRow = (
  of: Pick<ClaimRow, 'appId' | 'orgId'>,
  more: Partial<ClaimRow> = {},
): ClaimRow => ({
  messageId: uuidv7(Date.now(), systemRandom),
  appId: of.appId,
  orgId: of.orgId,
  type: 'text',
  isFake: false,
  isMmlite: false,
  state: 'sending',
  wamid: null,
  errorCode: null,
  errorParams: null,
  retryAfterSeconds: null,
  response: null,
  firstMessageId: null,
  phoneNumberId: null,
  recipient: null,
  keyHash: null,
  bodyHash: null,
  ...more,
});
