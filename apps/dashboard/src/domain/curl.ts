/** Content that goes with each type of message, to be replaced by the reader's own. */
const CONTENT: Readonly<Record<string, unknown>> = {
  text: { body: 'Hello!' },
  image: { link: 'https://example.com/picture.jpg' },
  audio: { link: 'https://example.com/sound.mp3' },
  video: { link: 'https://example.com/film.mp4' },
  document: { link: 'https://example.com/file.pdf', filename: 'file.pdf' },
  sticker: { link: 'https://example.com/sticker.webp' },
  location: { latitude: 41.01, longitude: 28.98, name: 'Istanbul' },
  contacts: [{ name: { formatted_name: 'Ada Lovelace', first_name: 'Ada' } }],
  reaction: { message_id: 'wamid.of-the-message', emoji: '👍' },
  template: { name: 'hello_world', language: { code: 'en_US' } },
  interactive: {
    type: 'button',
    body: { text: 'Shall we?' },
    action: { buttons: [{ type: 'reply', reply: { id: 'yes', title: 'Yes' } }] },
  },
};

export interface SendRequest {
  /** Where the gateway is. */
  readonly origin: string;
  /** The key, or what stands for it. */
  readonly key: string;
  /** With or without +. */
  readonly to: string;
  readonly type?: string;
  readonly isFake?: boolean;
}

/** A line for a POSIX shell that sends a message. */
export function sendCurl({ origin, key, to, type = 'text', isFake = false }: SendRequest): string {
  const known = Object.hasOwn(CONTENT, type) ? type : 'text';
  const body = {
    messaging_product: 'whatsapp',
    to: to.replace(/^\+/, ''),
    type: known,
    [known]: CONTENT[known],
  };
  return [
    `curl ${quote(`${origin}/v1/wa/message${isFake ? '?is_fake=true' : ''}`)}`,
    `-H ${quote(`Authorization: Bearer ${key}`)}`,
    `-H ${quote('Content-Type: application/json')}`,
    `-d ${quote(JSON.stringify(body))}`,
  ].join(' \\\n  ');
}

/** Nothing inside single quotes means anything to a shell, except their end. */
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

interface ShownKey {
  readonly prefix: string;
  readonly last4: string;
}

/** What stands for a key that is shown in full only once: as much of it as the lists show. */
export const keyPlaceholder = (key: ShownKey | undefined): string =>
  key === undefined ? 'YOUR_API_KEY' : `${key.prefix}...${key.last4}`;
