import { metaError, type MetaError } from './meta-errors';

export type Endpoint = 'messages' | 'marketing_messages';

/** What a request asks for, or Meta's refusal of it. */
export type SendRequest =
  | {
      readonly kind: 'message';
      /** The recipient as given. */
      readonly input: string;
      /** The recipient in digits, as WhatsApp knows it. */
      readonly waId: string;
      /** Name of the template; null for any other message. */
      readonly template: string | null;
      /** What every status of the message carries. */
      readonly callbackData: string | null;
    }
  | { readonly kind: 'mark-as-read' }
  | { readonly kind: 'refused'; readonly error: MetaError };

const TYPES = new Set([
  'text',
  'image',
  'audio',
  'video',
  'document',
  'sticker',
  'location',
  'contacts',
  'reaction',
  'template',
  'interactive',
]);
const TEXT_BODY_CHARACTERS_MAX = 4_096;
const CALLBACK_DATA_CHARACTERS_MAX = 512;

type Fields = Readonly<Record<string, unknown>>;

/** Reads a parsed body as Meta does: strict on what is missing, lenient on what is more than Meta knows. */
export function readSendRequest(body: unknown, endpoint: Endpoint): SendRequest {
  if (!isFields(body)) return refused(100, 'The body must be a JSON object');
  if (body.messaging_product !== 'whatsapp') {
    return refused(100, "The parameter messaging_product is required and must be 'whatsapp'");
  }
  if (body.status !== undefined) return readMarkAsRead(body);
  const input = body.to;
  if (typeof input !== 'string') return refused(100, 'The parameter to is required');
  const waId = digitsOf(input);
  if (waId === null) return refused(131009, 'The parameter to is not a phone number');
  const type = body.type ?? 'text';
  if (typeof type !== 'string' || !TYPES.has(type)) {
    return refused(100, `Param type must be one of {${[...TYPES].join(', ').toUpperCase()}}`);
  }
  const error = contentError(body, type, endpoint);
  if (error) return error;
  const { biz_opaque_callback_data: data } = body;
  const callbackData = typeof data === 'string' ? data : null;
  return { kind: 'message', input, waId, template: templateOf(body, type), callbackData };
}

function templateOf(body: Fields, type: string): string | null {
  const name = type === 'template' ? objectOf(body.template)?.name : undefined;
  return typeof name === 'string' ? name : null;
}

function readMarkAsRead(body: Fields): SendRequest {
  if (body.status !== 'read') return refused(100, "Param status must be 'read'");
  if (typeof body.message_id !== 'string') {
    return refused(131008, 'The parameter message_id is required');
  }
  return { kind: 'mark-as-read' };
}

function contentError(body: Fields, type: string, endpoint: Endpoint): SendRequest | null {
  if (endpoint === 'marketing_messages' && type !== 'template') {
    return refused(131055, 'Only marketing template messages are supported');
  }
  const callbackData = body.biz_opaque_callback_data;
  if (typeof callbackData === 'string' && callbackData.length > CALLBACK_DATA_CHARACTERS_MAX) {
    return refused(100, 'Param biz_opaque_callback_data must be at most 512 characters long');
  }
  const content = objectOf(body[type]);
  if (content === null) return refused(131008, `The parameter ${type} is required`);
  if (type === 'text') return textError(content);
  if (type === 'template') return templateError(content);
  return null;
}

function textError(content: Fields): SendRequest | null {
  const text = content.body;
  if (typeof text !== 'string' || text === '') {
    return refused(131008, "The parameter text['body'] is required");
  }
  return text.length > TEXT_BODY_CHARACTERS_MAX
    ? refused(100, "Param text['body'] must be at most 4096 characters long")
    : null;
}

function templateError(content: Fields): SendRequest | null {
  if (typeof content.name !== 'string') {
    return refused(131008, "The parameter template['name'] is required");
  }
  const language = objectOf(content.language);
  return typeof language?.code === 'string'
    ? null
    : refused(131008, "The parameter template['language']['code'] is required");
}

/** Meta takes an object also as text that holds its JSON. */
function objectOf(value: unknown): Fields | null {
  if (typeof value !== 'string') return isFields(value) ? value : null;
  try {
    const parsed: unknown = JSON.parse(value);
    return isFields(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** Meta takes a number with plus, spaces, dashes, dots and brackets. */
function digitsOf(input: string): string | null {
  if (/^[1-9]\d{6,14}$/.test(input)) return input;
  const digits = input.replace(/[\s+().-]/g, '');
  return /^[1-9]\d{6,14}$/.test(digits) ? digits : null;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const refused = (code: number, details: string): SendRequest => ({
  kind: 'refused',
  error: { ...metaError(code), details },
});
