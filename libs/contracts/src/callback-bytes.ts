import {
  CUSTOMER_CALLBACK_CHARACTERS_MAX,
  callbackPrefix,
  parseCallbackData,
} from './callback-data';
import {
  findMember,
  findObject,
  parseText,
  splice,
  withFirstMember,
  withoutMember,
} from './json-text';

const FIELD = 'biz_opaque_callback_data';
/** The field with any of its letters written as `\u00xx`, as JSON allows. */
const ESCAPED_LETTER = '\\u00';
/** Where a status of a webhook stands; of each list the first, as the edge cuts them. */
const STATUS_PATH = ['entry', 'changes', 'value', 'statuses'];

/**
 * The body as it goes to Meta: the caller's bytes with our id in front of his `biz_opaque_callback_data`. Nothing else
 * is touched, as parsing and writing again would change numbers and spellings that Meta may accept. A value that is
 * too long to carry the id goes as it is, and so does one that is no text.
 *
 * @param body a JSON object, as the edge has checked
 */
export function withCallbackData(body: Buffer, messageId: string): Buffer {
  const prefix = callbackPrefix(messageId);
  const mayHaveField = body.includes(FIELD) || body.includes(ESCAPED_LETTER);
  const found = mayHaveField ? findMember(body, 0, FIELD) : null;
  if (!found) return withFirstMember(body, `"${FIELD}":"${prefix}"`);
  const value = parseText(body.toString('utf8', found.value.start, found.value.end));
  if (value === null || value.length > CUSTOMER_CALLBACK_CHARACTERS_MAX) return body;
  return splice(body, found.value, JSON.stringify(prefix + value));
}

/**
 * Meta's webhook of one status with the customer's own `biz_opaque_callback_data` put back: our id is cut out of the
 * bytes, and the whole member when he had sent none. What does not carry our id stays byte for byte.
 *
 * @param webhook valid JSON with one entry, one change and one status
 */
export function withoutCallbackPrefix(webhook: Buffer): Buffer {
  const statusStart = findObject(webhook, STATUS_PATH);
  const member = statusStart === null ? null : findMember(webhook, statusStart, FIELD);
  if (!member) return webhook;
  const { start, end } = member.value;
  const raw = webhook.toString('utf8', start, end);
  const parsed = parseCallbackData(parseText(raw));
  if (!parsed) return webhook;
  const { messageId, customerValue } = parsed;
  if (customerValue === '') return withoutMember(webhook, member);
  const prefix = callbackPrefix(messageId);
  // Spelled as we wrote it, it is cut out; Meta may have escaped what needs no escape.
  return raw.startsWith(prefix, 1)
    ? splice(webhook, { start: start + 1, end: start + 1 + prefix.length }, '')
    : splice(webhook, member.value, JSON.stringify(customerValue));
}
