/** Something that takes `POST` requests: the gateway under test, or the baseline. */
export interface LoadTarget {
  readonly origin: string;
  readonly path: string;
  /** API keys, used in turn. */
  readonly keys: readonly string[];
  readonly body: string;
}

export const TEXT_MESSAGE = JSON.stringify({
  messaging_product: 'whatsapp',
  to: '905321234567',
  type: 'text',
  text: { body: 'Hello! Your order has been confirmed.' },
});
