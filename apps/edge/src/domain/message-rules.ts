import { MESSAGE_TYPES, type MessageType, type RequestType } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import { CONTENT_RULES } from './content-rules';
import {
  asOptionalObject,
  checkOneOf,
  checkText,
  isObject,
  type Findings,
  type JsonObject,
} from './findings';

const RECIPIENT = /^\+?([1-9][0-9]{6,14})$/;
const CALLBACK_DATA_CHARACTERS_MAX = 512;

/** What the gateway must know of a message; the rest of the body is between the caller and Meta. */
export interface MessageFacts {
  readonly type: RequestType;
  /** Digits of `to`, without the leading `+`; null for mark-as-read, which has no recipient. */
  readonly recipient: string | null;
  /** `to` was given with a `+` or as a number: the digits alone go on. */
  readonly isRecipientRewritten: boolean;
}

/**
 * Checks Meta's message object as `contract.md` section 1 says: what Meta would certainly refuse is refused, with
 * every wrong field added to `findings`; what Meta may accept passes, unknown fields too.
 * @throws AppError GW_002 when it is no object, GW_001 for the recipient, GW_004 for the type
 */
export function checkMessage(body: unknown, findings: Findings): MessageFacts {
  if (!isObject(body)) throw new AppError('GW_002');
  if (body.status === 'read') return checkMarkAsRead(body, findings);
  const recipient = recipientOf(body.to);
  const type = typeOf(body, findings);
  checkEnvelope(body, findings);
  CONTENT_RULES[type](findings, type, body[type]);
  return { type, recipient, isRecipientRewritten: body.to !== recipient };
}

function checkMarkAsRead(body: JsonObject, findings: Findings): MessageFacts {
  checkOneOf(findings, 'messaging_product', body.messaging_product, ['whatsapp']);
  checkText(findings, 'message_id', body.message_id);
  // A message in disguise would travel uncharged.
  if (body.type !== undefined) findings.add('type', 'is not allowed together with status');
  const indicator = asOptionalObject(findings, 'typing_indicator', body.typing_indicator);
  if (indicator) checkText(findings, 'typing_indicator.type', indicator.type);
  return { type: 'read', recipient: null, isRecipientRewritten: false };
}

function recipientOf(to: unknown): string {
  const isScalar = typeof to === 'string' || typeof to === 'number';
  const digits = isScalar ? RECIPIENT.exec(String(to))?.[1] : undefined;
  if (digits === undefined) throw new AppError('GW_001');
  return digits;
}

/** Meta takes a message without `type` for a text. */
function typeOf(body: JsonObject, findings: Findings): MessageType {
  const { type } = body;
  if (type === undefined) {
    if (body.text === undefined) findings.add('type', 'is missing');
    return 'text';
  }
  const known = MESSAGE_TYPES.find((candidate) => candidate === type);
  if (known === undefined) throw new AppError('GW_004');
  return known;
}

function checkEnvelope(body: JsonObject, findings: Findings): void {
  checkOneOf(findings, 'messaging_product', body.messaging_product, ['whatsapp']);
  if (body.recipient_type !== undefined) {
    checkOneOf(findings, 'recipient_type', body.recipient_type, ['individual', 'group']);
  }
  const context = asOptionalObject(findings, 'context', body.context);
  if (context) checkText(findings, 'context.message_id', context.message_id);
  checkText(findings, 'biz_opaque_callback_data', body.biz_opaque_callback_data, {
    isRequired: false,
    charactersMax: CALLBACK_DATA_CHARACTERS_MAX,
  });
}
