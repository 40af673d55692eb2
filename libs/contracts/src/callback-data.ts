const UUID_GROUPS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;
const PACKED = /^g1:([0-9A-Za-z_-]{22}):([\s\S]*)$/;

/** Meta's limit of 512 characters less `g1:`, our id and `:`. A longer value goes to Meta as it is. */
export const CUSTOMER_CALLBACK_CHARACTERS_MAX = 486;

/** What Meta was given as `biz_opaque_callback_data`, taken apart. */
export interface CallbackData {
  /** UUID of the message. */
  readonly messageId: string;
  /** What the customer gave, empty when he gave nothing. */
  readonly customerValue: string;
}

/** `g1:<22 characters of our id>:`, what a status webhook is matched to its message by. */
export const callbackPrefix = (messageId: string): string =>
  `g1:${Buffer.from(messageId.replaceAll('-', ''), 'hex').toString('base64url')}:`;

/** The parts of a status' `biz_opaque_callback_data`; null when it does not carry an id of ours. */
export function parseCallbackData(value: unknown): CallbackData | null {
  const match = typeof value === 'string' ? PACKED.exec(value) : null;
  if (!match) return null;
  const [, packed = '', customerValue = ''] = match;
  const hex = Buffer.from(packed, 'base64url').toString('hex');
  return { messageId: hex.replace(UUID_GROUPS, '$1-$2-$3-$4-$5'), customerValue };
}
