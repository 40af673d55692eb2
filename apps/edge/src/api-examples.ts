import type { MessageType } from '@gateway/contracts';
import type { ErrorCode, ErrorParams } from '@gateway/errors';

const RECIPIENT = '905321234567';
const MESSAGE_ID = 'msg_0193a8c0-5f3e-7b1a-9c2d-3e4f5a6b7c8d';
const WAMID = 'wamid.HBgMOTA1MzIxMjM0NTY3FQIAERgSQjA5RkE2';
const PHOTO = 'https://www.example.com/photo.jpg';

const message = (type: MessageType, content: unknown, more: object = {}): object => ({
  messaging_product: 'whatsapp',
  to: RECIPIENT,
  type,
  [type]: content,
  ...more,
});

interface Example {
  readonly summary: string;
  readonly value: unknown;
}

/** One body for each type of message; each of them works from the page with a demo key. */
export const REQUEST_EXAMPLES: Readonly<Record<MessageType | 'reply' | 'read', Example>> = {
  text: { summary: 'Text', value: message('text', { body: 'Hello!', preview_url: false }) },
  image: { summary: 'Image by link', value: message('image', { link: PHOTO, caption: 'A photo' }) },
  audio: {
    summary: 'Audio by link',
    value: message('audio', { link: 'https://www.example.com/sound.mp3' }),
  },
  video: {
    summary: 'Video by link',
    value: message('video', { link: 'https://www.example.com/film.mp4', caption: 'A film' }),
  },
  document: {
    summary: 'Document by link',
    value: message('document', {
      link: 'https://www.example.com/invoice.pdf',
      filename: 'invoice.pdf',
      caption: 'Your invoice',
    }),
  },
  sticker: {
    summary: 'Sticker by link',
    value: message('sticker', { link: 'https://www.example.com/sticker.webp' }),
  },
  location: {
    summary: 'Location',
    value: message('location', {
      latitude: 41.0082,
      longitude: 28.9784,
      name: 'Office',
      address: 'Istanbul',
    }),
  },
  contacts: {
    summary: 'Contact',
    value: message('contacts', [
      {
        name: { formatted_name: 'Ada Lovelace', first_name: 'Ada' },
        phones: [{ phone: '+905321234567', type: 'WORK' }],
      },
    ]),
  },
  reaction: {
    summary: 'Reaction to a message',
    value: message('reaction', { message_id: WAMID, emoji: '👍' }),
  },
  template: {
    summary: 'Template',
    value: message('template', { name: 'hello_world', language: { code: 'en_US' } }),
  },
  interactive: {
    summary: 'Buttons',
    value: message('interactive', {
      type: 'button',
      body: { text: 'Shall we deliver today?' },
      action: {
        buttons: [
          { type: 'reply', reply: { id: 'yes', title: 'Yes' } },
          { type: 'reply', reply: { id: 'no', title: 'No' } },
        ],
      },
    }),
  },
  reply: {
    summary: 'Text in reply to a message',
    value: message('text', { body: 'Thank you!' }, { context: { message_id: WAMID } }),
  },
  read: {
    summary: 'Mark a message as read, with a typing indicator',
    value: {
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: WAMID,
      typing_indicator: { type: 'text' },
    },
  },
};

export const SENT_EXAMPLE = {
  isSuccess: true,
  data: {
    messaging_product: 'whatsapp',
    contacts: [{ input: RECIPIENT, wa_id: RECIPIENT }],
    messages: [{ id: WAMID }],
  },
};

export const MESSAGE_EXAMPLE = {
  isSuccess: true,
  data: {
    id: MESSAGE_ID,
    wamid: WAMID,
    type: 'text',
    state: 'accepted',
    isFake: false,
    createdAt: '2026-11-20T10:15:30.123Z',
    updatedAt: '2026-11-20T10:15:30.456Z',
    statuses: [
      { state: 'sending', at: '2026-11-20T10:15:30.123Z' },
      { state: 'accepted', at: '2026-11-20T10:15:30.456Z' },
    ],
    costUsd: '0.001',
  },
};

const meta = (code: number, title: string, isRetryable: boolean): ErrorParams => ({
  meta: { code, subcode: null, title, details: null, fbtrace_id: 'AbCdEfGhIjK' },
  retryable: isRetryable,
});

/** `params` of the codes that have something to say. */
export const PARAMS_EXAMPLES: Readonly<Partial<Record<ErrorCode, ErrorParams>>> = {
  RATE_001: { limit_type: 'sec', retry_after: '1s' },
  GW_003: { fields: [{ path: 'text.body', reason: 'is missing' }] },
  GW_010: { message_id: MESSAGE_ID },
  META_001: { meta: null, retryable: true },
  META_002: meta(131026, 'Message undeliverable', false),
  META_003: { ...meta(130429, 'Rate limit hit', true), retry_after: '1s' },
  META_004: meta(190, 'Access token has expired', false),
  META_005: { meta: null, retryable: false, message_id: MESSAGE_ID },
};
