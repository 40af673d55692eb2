import { isUuid } from '@gateway/contracts';

const PREFIX = 'msg_';
const WAMID = /^wamid\.[\x21-\x7e]{1,250}$/;

/** A message's UUID as callers see it. */
export const publicMessageId = (messageId: string): string => PREFIX + messageId;

/** The dispatcher's id for what a caller asks for: the UUID of `msg_<uuid>`, or a wamid; null when it is neither. */
export function messageLookupId(id: string): string | null {
  if (WAMID.test(id)) return id;
  const uuid = id.startsWith(PREFIX) ? id.slice(PREFIX.length).toLowerCase() : '';
  return isUuid(uuid) ? uuid : null;
}
