/** What a webhook can be told about, as the reader chooses it. */
export const WEBHOOK_EVENTS = [
  { name: 'messages', label: 'Messages', meaning: 'Somebody wrote to your number.' },
  {
    name: 'message_status',
    label: 'Message status',
    meaning: 'Your message was sent, delivered, or failed.',
  },
  { name: 'read', label: 'Read', meaning: 'The recipient opened your message.' },
  {
    name: 'message_template_status',
    label: 'Template status',
    meaning: 'A template was approved, rejected, paused or changed.',
  },
  { name: 'account', label: 'Account', meaning: 'Changes of the account or its phone number.' },
] as const;

export const eventLabel = (name: string): string =>
  WEBHOOK_EVENTS.find((event) => event.name === name)?.label ?? name;
