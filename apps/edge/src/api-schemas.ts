import { MESSAGE_STATES, MESSAGE_TYPES } from '@gateway/contracts';
import { CATALOGUE } from '@gateway/errors';

/** A JSON schema as OpenAPI 3.1 takes it; `@nestjs/swagger` types those of 3.0 only. */
type Schema = Readonly<Record<string, unknown>>;

const text = (description: string, more: Schema = {}): Schema => ({
  type: 'string',
  description,
  ...more,
});

const time = (description: string): Schema => text(description, { format: 'date-time' });

const metaError: Schema = {
  type: ['object', 'null'],
  description: "Meta's error, null when Meta gave none.",
  properties: {
    code: { type: ['integer', 'null'] },
    subcode: { type: ['integer', 'null'] },
    title: { type: ['string', 'null'] },
    details: { type: ['string', 'null'] },
    fbtrace_id: { type: ['string', 'null'] },
  },
};

const contentSchemas = (): Record<string, Schema> =>
  Object.fromEntries(
    MESSAGE_TYPES.map((type) => [
      type,
      {
        type: type === 'contacts' ? ['array', 'string'] : ['object', 'string'],
        description: `Content of a message of type \`${type}\`, as Meta documents it.`,
        ...(type === 'contacts' ? { items: { type: 'object' } } : {}),
      },
    ]),
  );

const sendRequest: Schema = {
  type: 'object',
  description:
    "Meta's own message object. It travels on unchanged: fields that are not listed here are forwarded.",
  required: ['messaging_product'],
  properties: {
    messaging_product: { const: 'whatsapp' },
    to: {
      type: ['string', 'integer'],
      description:
        'Recipient: 7 to 15 digits with country code, not starting with 0. One leading + is accepted and removed.',
      examples: ['905321234567'],
    },
    type: text('Type of the message; `text` when absent.', { enum: MESSAGE_TYPES }),
    recipient_type: text('`individual` when absent.', { enum: ['individual', 'group'] }),
    context: {
      type: 'object',
      description: 'The message that this one replies to.',
      properties: { message_id: text('wamid') },
    },
    biz_opaque_callback_data: text('Comes back in every status of the message.', {
      maxLength: 512,
    }),
    status: text('`read` marks a message as read; then neither `to` nor `type` is given.', {
      enum: ['read'],
    }),
    message_id: text('The message that is marked as read.'),
    typing_indicator: {
      type: 'object',
      description: 'Together with mark-as-read: shows that an answer is being written.',
      properties: { type: text('Kind of indicator.', { enum: ['text'] }) },
    },
    ...contentSchemas(),
  },
  additionalProperties: true,
};

const sendAnswer: Schema = {
  type: 'object',
  required: ['isSuccess', 'data'],
  properties: {
    isSuccess: { const: true },
    data: {
      type: 'object',
      description: "Meta's answer as Meta gave it: accepted, not yet delivered.",
    },
  },
};

const messageAnswer: Schema = {
  type: 'object',
  required: ['isSuccess', 'data'],
  properties: {
    isSuccess: { const: true },
    data: {
      type: 'object',
      required: [
        'id',
        'wamid',
        'type',
        'state',
        'isFake',
        'createdAt',
        'updatedAt',
        'statuses',
        'costUsd',
      ],
      properties: {
        id: text('`msg_<uuid>`, the id inside the gateway.'),
        wamid: { type: ['string', 'null'], description: "Meta's id; null until it is known." },
        type: text('Type of the message; `read` for mark-as-read.'),
        state: text('Where the message stands.', { enum: MESSAGE_STATES }),
        isFake: { type: 'boolean' },
        createdAt: time('When the gateway took it.'),
        updatedAt: time('When its state last changed.'),
        statuses: {
          type: 'array',
          description: 'Every state with its time, in order.',
          items: {
            type: 'object',
            required: ['state', 'at'],
            properties: {
              state: text('State.', { enum: MESSAGE_STATES }),
              at: time("When; of what Meta reports Meta's time."),
              reason: text('Of a failure: why, in plain words, and what to do about it.'),
            },
          },
        },
        costUsd: {
          type: ['string', 'null'],
          description: 'Dollars charged so far, exact; null while billing does not answer.',
          examples: ['0.001'],
        },
        error: {
          type: 'object',
          description: 'Present when the message was refused or failed.',
          required: ['code', 'description', 'meta'],
          properties: { code: text('Code.'), description: text('What happened.'), meta: metaError },
        },
      },
    },
  },
};

const error: Schema = {
  type: 'object',
  required: ['isSuccess', 'errors'],
  properties: {
    isSuccess: { const: false },
    errors: {
      type: 'object',
      required: ['code', 'group', 'description', 'params'],
      properties: {
        code: text('Stable code; see the error reference.', { enum: Object.keys(CATALOGUE) }),
        group: text('Coarse class of the error.', {
          enum: [...new Set(Object.values(CATALOGUE).map(({ group }) => group))],
        }),
        description: text('For people.'),
        params: { type: 'object', description: 'Details of this code, `{}` when there are none.' },
      },
    },
  },
};

/** The named schemas of the API's description. */
export const API_SCHEMAS = {
  SendRequest: sendRequest,
  SendAnswer: sendAnswer,
  MessageAnswer: messageAnswer,
  Error: error,
} as const;

export const schemaRef = (name: keyof typeof API_SCHEMAS): { $ref: string } => ({
  $ref: `#/components/schemas/${name}`,
});
