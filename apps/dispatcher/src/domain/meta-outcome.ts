import type { MetaErrorDetails } from '@gateway/contracts';
import type { ErrorParams } from '@gateway/errors';
import { classOfMetaCode } from './meta-codes';
import { NO_META_ERROR, UNREACHABLE, refusal, unknown, type Verdict } from './verdict';

/** A complete HTTP answer of Meta. */
export interface MetaAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** Meta's `Retry-After` in seconds, when it was sent. */
  readonly retryAfterSeconds?: number;
}

/** What was asked of Meta, as its answer is judged by it. */
export interface MetaQuestion {
  /** UUID of the message. */
  readonly messageId: string;
  /** Mark-as-read is answered without an id. */
  readonly isRead: boolean;
}

/** How a call ended without a usable answer. */
export type CallFailure =
  /** No connection, DNS, TLS, or not one byte of the request was written. */
  | 'not-written'
  /** Reset or closed after the write, no answer in time, an answer that never ends or is too large. */
  | 'no-answer';

export const outcomeOfFailure = (failure: CallFailure, messageId: string): Verdict =>
  failure === 'not-written' ? UNREACHABLE : unknown(messageId);

const TEXT_CHARACTERS_MAX = 1_000;
/** What a wamid may look like; anything else in its place is no id. */
const WAMID = /^[\x21-\x7e]{1,512}$/;

/** What a complete answer of Meta means, by its code and never by its HTTP status. */
export function outcomeOfAnswer(answer: MetaAnswer, question: MetaQuestion): Verdict {
  const body = parse(answer.body);
  const error = asRecord(body?.error);
  const metaCode = error?.code;
  if (error && typeof metaCode === 'number' && Number.isSafeInteger(metaCode)) {
    return outcomeOfError(error, metaCode, answer, question.messageId);
  }
  if (answer.status >= 200 && answer.status <= 299) return outcomeOfSuccess(body, answer, question);
  // Not Meta's words: a proxy refused it before Meta saw it, or nobody knows.
  return answer.status >= 400 && answer.status <= 499
    ? { ...UNREACHABLE, retryAfterSeconds: answer.retryAfterSeconds ?? 1 }
    : unknown(question.messageId);
}

function outcomeOfSuccess(
  body: Record<string, unknown> | null,
  { body: response }: MetaAnswer,
  { isRead, messageId }: MetaQuestion,
): Verdict {
  if (isRead) {
    return body?.success === true
      ? { state: 'accepted', wamid: null, response }
      : unknown(messageId);
  }
  const messages = body?.messages;
  const wamid = Array.isArray(messages) ? asRecord(messages[0])?.id : undefined;
  return typeof wamid === 'string' && WAMID.test(wamid)
    ? { state: 'accepted', wamid, response }
    : unknown(messageId);
}

function outcomeOfError(
  error: Record<string, unknown>,
  metaCode: number,
  answer: MetaAnswer,
  messageId: string,
): Verdict {
  const meta = detailsOf(error, metaCode);
  const known = classOfMetaCode(metaCode, answer.status);
  if (known.code === 'META_005') return unknown(messageId, meta);
  const retryAfterSeconds = answer.retryAfterSeconds ?? known.retryAfterSeconds;
  const params: Record<string, unknown> = { retryable: known.isRetryable, meta };
  if (known.code === 'META_003') params.retry_after = `${retryAfterSeconds}s`;
  return refusal(
    known.code,
    params satisfies ErrorParams,
    retryAfterSeconds > 0 ? retryAfterSeconds : undefined,
  );
}

function detailsOf(error: Record<string, unknown>, code: number): MetaErrorDetails {
  const data = error.error_data;
  const subcode = error.error_subcode;
  return {
    ...NO_META_ERROR,
    code,
    subcode: typeof subcode === 'number' && Number.isSafeInteger(subcode) ? subcode : null,
    title: textOf(error.error_user_title) ?? textOf(error.message),
    // Template routes give the details as plain text, the others as an object.
    details: textOf(data) ?? textOf(asRecord(data)?.details) ?? textOf(error.error_user_msg),
    fbtrace_id: textOf(error.fbtrace_id),
  };
}

const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value.slice(0, TEXT_CHARACTERS_MAX) : null;

function parse(body: Buffer): Record<string, unknown> | null {
  if (body.length === 0) return null;
  try {
    return asRecord(JSON.parse(body.toString('utf8')));
  } catch {
    return null;
  }
}

const asRecord = (value: unknown): Record<string, unknown> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
