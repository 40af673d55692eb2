import type { MetaErrorDetails } from '@gateway/contracts';
import type { ErrorCode, ErrorParams } from '@gateway/errors';

/** How a message ended, or that nobody knows. */
export type Verdict =
  | {
      readonly state: 'accepted';
      /** Null for mark-as-read, which Meta answers without one. */
      readonly wamid: string | null;
      /** Meta's answer as Meta gave it. */
      readonly response: Buffer;
    }
  | Refusal;

export interface Refusal {
  readonly state: 'rejected' | 'unknown' | 'expired';
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly retryAfterSeconds?: number;
}

export const NO_META_ERROR: MetaErrorDetails = {
  code: null,
  subcode: null,
  title: null,
  details: null,
  fbtrace_id: null,
};

/** A refusal that says that nothing was sent and nothing will be. */
export const refusal = (
  code: ErrorCode,
  params: ErrorParams = {},
  retryAfterSeconds?: number,
): Refusal => ({ state: 'rejected', code, params, retryAfterSeconds });

/** The message's time was over before it could be sent. */
export const EXPIRED: Refusal = {
  state: 'expired',
  code: 'GW_008',
  params: {},
  retryAfterSeconds: 1,
};

/** A part of the gateway is down, and the message was surely not sent. */
export const NOT_SENT: Refusal = refusal('GW_008', {}, 2);

/** The number's own rate or its cap on concurrent calls is used up. */
export const throttledLocally = (retryAfterSeconds: number): Refusal =>
  refusal(
    'META_003',
    { retry_after: `${retryAfterSeconds}s`, retryable: true, meta: NO_META_ERROR },
    retryAfterSeconds,
  );

/** No connection within the message's time: not a byte was written. */
export const UNREACHABLE: Refusal = refusal(
  'META_001',
  { retryable: true, meta: NO_META_ERROR },
  1,
);

/** The message may have been sent; asked for by its id. */
export const unknown = (messageId: string, meta = NO_META_ERROR): Refusal => ({
  state: 'unknown',
  code: 'META_005',
  params: { message_id: publicId(messageId), retryable: false, meta },
});

/** The id as callers see it. */
const publicId = (messageId: string): string => `msg_${messageId}`;
