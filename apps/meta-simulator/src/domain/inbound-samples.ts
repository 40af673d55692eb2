const media = (mimeType: string, more: object = {}): object => ({
  mime_type: mimeType,
  sha256: 'SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=',
  id: '1003383421387256',
  ...more,
});

const REPLIED_TO = {
  from: '15550100000',
  id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBJFNjk2OTMwNEZCQjgA',
};
const ORIGINAL_ID = 'wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI0RTJEOTc2ODVERUY5RDlGNkYA';

/** What a message of each type holds beside `id`, `from`, `timestamp` and `type`, as Meta documents it. */
const SAMPLES: Readonly<Record<string, object>> = {
  text: { text: { body: 'Does it come in another color?' } },
  image: { image: media('image/jpeg', { caption: 'Taj Mahal' }) },
  video: { video: media('video/mp4', { caption: 'A walk' }) },
  audio: { audio: media('audio/ogg; codecs=opus', { voice: true }) },
  document: { document: media('application/pdf', { filename: 'order.pdf' }) },
  sticker: { sticker: media('image/webp', { animated: false }) },
  location: {
    location: { latitude: 37.44221496582, longitude: -122.16165924072, name: 'Philz Coffee' },
  },
  contacts: {
    contacts: [
      {
        name: { first_name: 'Lucía', formatted_name: 'Lucía Gómez' },
        phones: [{ phone: '+1 (983) 555-2319' }],
      },
    ],
  },
  reaction: { reaction: { message_id: ORIGINAL_ID, emoji: '👍' } },
  button: { context: REPLIED_TO, button: { payload: 'Unsubscribe', text: 'Unsubscribe' } },
  interactive: {
    context: REPLIED_TO,
    interactive: { type: 'button_reply', button_reply: { id: 'cancel-button', title: 'Cancel' } },
  },
  order: {
    order: {
      catalog_id: '194836987003835',
      text: '',
      product_items: [
        { product_retailer_id: 'di9ozbzfi4', quantity: 2, item_price: 30, currency: 'USD' },
      ],
    },
  },
  system: {
    system: {
      body: 'User changed from 16505551234 to 12195555358',
      wa_id: '12195555358',
      type: 'user_changed_number',
    },
  },
  unsupported: {
    errors: [
      {
        code: 131051,
        title: 'Message type unknown',
        message: 'Message type unknown',
        error_data: { details: 'Message type is currently not supported.' },
      },
    ],
  },
  edit: {
    edit: { original_message_id: ORIGINAL_ID, message: { type: 'text', text: { body: 'Edited' } } },
  },
  revoke: { revoke: { original_message_id: ORIGINAL_ID } },
};

/** Types of messages that a user can send. */
export const INBOUND_TYPES: readonly string[] = Object.keys(SAMPLES);

interface InboundHead {
  readonly id: string;
  readonly from: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly type: string;
}

/** A message of a user; what is given of its content goes over the sample of its type. */
export const inboundMessageJson = (
  { id, from, timestamp, type }: InboundHead,
  content: object,
): string =>
  JSON.stringify({
    from,
    id,
    timestamp: String(timestamp),
    type,
    ...SAMPLES[type],
    ...content,
  });

/** `value` of a change of each field, as Meta documents it. */
const CHANGES: Readonly<Record<string, object>> = {
  message_template_status_update: {
    event: 'APPROVED',
    message_template_id: 1689556908129832,
    message_template_name: 'order_confirmation',
    message_template_language: 'en_US',
    reason: 'NONE',
    message_template_category: 'UTILITY',
  },
  message_template_quality_update: {
    previous_quality_score: 'GREEN',
    new_quality_score: 'YELLOW',
    message_template_id: 806312974732579,
    message_template_name: 'welcome_template',
    message_template_language: 'en_US',
  },
  message_template_components_update: {
    message_template_id: 12345678,
    message_template_name: 'my_message_template',
    message_template_language: 'en_US',
    message_template_element: 'Hi {{1}}! Welcome to our service.',
  },
  template_category_update: {
    message_template_id: 12345678,
    message_template_name: 'my_message_template',
    message_template_language: 'en_US',
    new_category: 'MARKETING',
  },
  account_update: {
    event: 'ACCOUNT_RESTRICTION',
    restriction_info: [{ restriction_type: 'RESTRICTED_BIZ_INITIATED_MESSAGING' }],
  },
  account_alerts: {
    entity_type: 'BUSINESS',
    entity_id: '506914307656634',
    alert_info: {
      alert_severity: 'INFORMATIONAL',
      alert_status: 'NONE',
      alert_type: 'OBA_APPROVED',
      alert_description: 'Sample alert description',
    },
  },
  account_review_update: { decision: 'APPROVED' },
  phone_number_quality_update: {
    display_phone_number: '15550100000',
    event: 'THROUGHPUT_UPGRADE',
    current_limit: 'TIER_UNLIMITED',
  },
  phone_number_name_update: {
    display_phone_number: '15550100000',
    decision: 'APPROVED',
    requested_verified_name: 'Meta simulator',
    rejection_reason: null,
  },
  business_capability_update: {
    max_daily_conversations_per_business: 2000,
    max_phone_numbers_per_waba: 25,
  },
};

/** Fields that a sample is there for; any other needs its value given. */
export const CHANGE_FIELDS: readonly string[] = Object.keys(CHANGES);

/** The sample of a field; undefined when there is none. */
export const sampleChange = (field: string): object | undefined =>
  Object.hasOwn(CHANGES, field) ? CHANGES[field] : undefined;
