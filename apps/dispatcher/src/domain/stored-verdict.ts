import type { MessageState } from '@gateway/contracts';
import { isErrorCode, type ErrorParams } from '@gateway/errors';
import { outcomeOf } from './message-state';
import { EXPIRED, refusal, unknown, type Verdict } from './verdict';

/** What of a stored message its answer is made from. */
export interface StoredOutcome {
  readonly messageId: string;
  readonly state: MessageState;
  readonly wamid: string | null;
  readonly response: Buffer | null;
  readonly errorCode: string | null;
  readonly errorParams: string | null;
  readonly retryAfterSeconds: number | null;
}

/** What a caller is answered for a message that is stored; null while its call may still run. */
export function verdictOf(stored: StoredOutcome): Verdict | null {
  switch (outcomeOf(stored.state)) {
    case null:
      return null;
    case 'unknown':
      return unknown(stored.messageId);
    case 'expired':
      return EXPIRED;
    case 'rejected':
      return refusalOf(stored);
    case 'accepted':
      return { state: 'accepted', wamid: stored.wamid, response: responseOf(stored) };
  }
}

const refusalOf = ({ errorCode, errorParams, retryAfterSeconds }: StoredOutcome): Verdict =>
  refusal(
    errorCode !== null && isErrorCode(errorCode) ? errorCode : 'GW_500',
    paramsOf(errorParams),
    retryAfterSeconds ?? undefined,
  );

/** Meta's answer; when acceptance became known otherwise, as much of it as is known. */
const responseOf = ({ response, wamid }: StoredOutcome): Buffer =>
  response ??
  Buffer.from(JSON.stringify({ messaging_product: 'whatsapp', messages: [{ id: wamid }] }));

/** Written here and read here, so it is JSON; the database may still have been changed by hand. */
function paramsOf(text: string | null): ErrorParams {
  if (text === null) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as ErrorParams) : {};
  } catch {
    return {};
  }
}
