import { isErrorCode, type ErrorCode, type ErrorParams } from '@gateway/errors';
import {
  decodeRateState,
  encodeRateState,
  text,
  type RateState,
  type RecordHeaders,
} from './journey';
import { SERVICES, type ServiceName } from './stages';

/**
 * What whoever ends a journey answers to the edge; a record of `replies.v1`, keyed by the id that is waited for.
 * A command's reply travels sealed, as the command did.
 */
export type Reply =
  | {
      readonly kind: 'accepted';
      readonly from: ServiceName;
      /** The message that was sent: the first one's id when the answer is replayed. */
      readonly messageId: string;
      readonly rateState?: RateState;
      readonly isReplayed: boolean;
      /** Meta's answer as Meta gave it, JSON. */
      readonly data: Buffer | string;
    }
  | {
      readonly kind: 'refused';
      readonly from: ServiceName;
      readonly messageId: string;
      readonly rateState?: RateState;
      readonly isReplayed: boolean;
      readonly code: ErrorCode;
      readonly params: ErrorParams;
      readonly retryAfterSeconds?: number;
    }
  /** The call to Meta has lasted 1 s: the stage is alive, the answer will come. */
  | { readonly kind: 'running'; readonly from: ServiceName }
  | { readonly kind: 'command'; readonly from: ServiceName; readonly sealed: Buffer };

export interface EncodedReply {
  readonly headers: Record<string, string>;
  readonly value: Buffer | string;
}

export function encodeReply(reply: Reply): EncodedReply {
  const headers: Record<string, string> = { 'x-kind': reply.kind, 'x-from': reply.from };
  if (reply.kind === 'running') return { headers, value: '' };
  if (reply.kind === 'command') return { headers, value: reply.sealed };
  headers['x-message-id'] = reply.messageId;
  if (reply.rateState) headers['x-rate-state'] = encodeRateState(reply.rateState);
  if (reply.isReplayed) headers['x-flags'] = 'replayed';
  if (reply.kind === 'accepted') return { headers, value: reply.data };
  headers['x-code'] = reply.code;
  if (reply.retryAfterSeconds !== undefined) {
    headers['x-retry-after'] = String(reply.retryAfterSeconds);
  }
  return { headers, value: JSON.stringify(reply.params) };
}

/** The reply in a record, or null when it is malformed: records are untrusted. */
export function decodeReply(headers: RecordHeaders, value: Buffer | null): Reply | null {
  const kind = text(headers['x-kind']);
  const from = text(headers['x-from']);
  if (!isService(from) || value === null) return null;
  if (kind === 'running') return { kind, from };
  if (kind === 'command') return { kind, from, sealed: value };
  const messageId = text(headers['x-message-id']);
  if (messageId === undefined) return null;
  const common = {
    from,
    messageId,
    rateState: decodeRateState(headers['x-rate-state']) ?? undefined,
    isReplayed: text(headers['x-flags']) === 'replayed',
  };
  if (kind === 'accepted') return { kind, ...common, data: value };
  return kind === 'refused' ? decodeRefusal(headers, value, common) : null;
}

type AnswerPart = Pick<
  Extract<Reply, { kind: 'refused' }>,
  'from' | 'messageId' | 'rateState' | 'isReplayed'
>;

function decodeRefusal(headers: RecordHeaders, value: Buffer, common: AnswerPart): Reply | null {
  const code = text(headers['x-code']);
  const params = parseParams(value);
  if (code === undefined || !isErrorCode(code) || !params) return null;
  const retryAfter = text(headers['x-retry-after']);
  const retryAfterSeconds =
    retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  return { kind: 'refused', ...common, code, params, retryAfterSeconds };
}

const isService = (name: string | undefined): name is ServiceName =>
  SERVICES.some((service) => service === name);

function parseParams(value: Buffer): ErrorParams | null {
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as ErrorParams)
      : null;
  } catch {
    return null;
  }
}
