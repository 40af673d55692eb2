import { isAscii } from 'node:buffer';
import type { KeyContext, RateState } from '@gateway/contracts';
import { AppError } from '@gateway/errors';
import type { FastifyReply } from 'fastify';
import { publicMessageId } from './domain/message-id';
import type { SendOutcome } from './submissions.service';

const PREFIX = '{"isSuccess":true,"data":';
const SUFFIX = '}';
const PREFIX_BYTES = Buffer.from(PREFIX);
const SUFFIX_BYTES = Buffer.from(SUFFIX);

/** The two headers that say the key's limits, for an answer that the limiter has not seen. */
export function setLimitHeaders(reply: FastifyReply, key: KeyContext): void {
  reply.header('x-ratelimit-sec-limit', key.limitPerSecond);
  reply.header('x-ratelimit-min-limit', key.limitPerMinute);
}

function setRateHeaders(reply: FastifyReply, state: RateState): void {
  reply.header('x-ratelimit-sec-limit', state.secLimit);
  reply.header('x-ratelimit-sec-remaining', state.secRemaining);
  reply.header('x-ratelimit-min-limit', state.minLimit);
  reply.header('x-ratelimit-min-remaining', state.minRemaining);
}

/**
 * Answers a send: Meta's bytes as they are inside the one form of success.
 * @throws AppError the code of a refusal, once its headers are set
 */
export function answerSend(reply: FastifyReply, outcome: SendOutcome): void {
  if (outcome.rateState) setRateHeaders(reply, outcome.rateState);
  if (outcome.messageId !== undefined) {
    reply.header('x-message-id', publicMessageId(outcome.messageId));
  }
  if (outcome.isReplayed) reply.header('idempotent-replayed', 'true');
  if (outcome.kind === 'refused') {
    const { code, params, retryAfterSeconds } = outcome;
    throw new AppError(code, { params, retryAfterSeconds });
  }
  reply.header('content-type', 'application/json; charset=utf-8').send(wrapped(outcome.data));
}

/** ASCII, which Meta's JSON is, goes out as text: Node writes head and body of it at once. */
function wrapped(data: Buffer | string): Buffer | string {
  if (typeof data === 'string') return PREFIX + data + SUFFIX;
  if (isAscii(data)) return PREFIX + data.toString('latin1') + SUFFIX;
  return Buffer.concat([PREFIX_BYTES, data, SUFFIX_BYTES]);
}
