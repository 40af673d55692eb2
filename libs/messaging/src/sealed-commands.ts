import {
  isUuid,
  text,
  type CommandService,
  type RecordHeaders,
  type TopicName,
} from '@gateway/contracts';
import { isErrorCode, type ErrorCode, type ErrorParams } from '@gateway/errors';
import type { Sealer } from '@gateway/platform';
import { InvalidRecordError } from './failure';
import type { InboundRecord } from './types';

/** A command as it travels, sealed. */
export interface SealedCommand {
  readonly command: string;
  readonly request: unknown;
  /** Broker's time at which it was sent, Unix milliseconds. */
  readonly sentAtMs: number;
  /** How long the answer is awaited: after that nobody waits, and the command is skipped. */
  readonly timeoutMs: number;
}

/** Where a command came from, in headers of its record: neither is a secret. */
export interface CommandOrigin {
  readonly correlationId: string;
  readonly replyPartition: number;
}

/** What the owner answers, sealed as the command was. */
export type CommandAnswer =
  | { readonly reply: unknown }
  | { readonly error: { readonly code: ErrorCode; readonly params: ErrorParams } };

const CORRELATION_HEADER = 'x-correlation-id';
const PARTITION_HEADER = 'x-reply-partition';
const REPLIES: TopicName = 'replies.v1';

export const commandTopic = <S extends CommandService>(service: S): `${S}.commands.v1` =>
  `${service}.commands.v1`;

export const encodeOrigin = (origin: CommandOrigin): Record<string, string> => ({
  [CORRELATION_HEADER]: origin.correlationId,
  [PARTITION_HEADER]: String(origin.replyPartition),
});

/** The origin in a record's headers, or null when it is missing or malformed: records are untrusted. */
export function decodeOrigin(headers: RecordHeaders): CommandOrigin | null {
  const correlationId = text(headers[CORRELATION_HEADER]);
  const partition = text(headers[PARTITION_HEADER]);
  if (!isUuid(correlationId)) return null;
  if (partition === undefined || !/^\d{1,2}$/.test(partition)) return null;
  const replyPartition = Number(partition);
  return replyPartition < 32 ? { correlationId, replyPartition } : null;
}

/** Seals a command for one topic and one correlation id: moved elsewhere, it does not open. */
export const sealCommand = (
  sealer: Sealer,
  topic: TopicName,
  correlationId: string,
  command: SealedCommand,
): Buffer => sealer.seal(Buffer.from(JSON.stringify(command)), aad(topic, correlationId));

/**
 * @throws SealError when the bytes were not sealed for this topic and correlation id under a key of ours
 * @throws InvalidRecordError when what was sealed is no command
 */
export function openCommand(
  sealer: Sealer,
  record: InboundRecord,
  correlationId: string,
): SealedCommand {
  if (record.value === null) throw new InvalidRecordError('a command without a value');
  const opened = sealer.open(record.value, aad(record.topic, correlationId));
  const command: unknown = JSON.parse(opened.toString('utf8'));
  if (!isCommand(command)) throw new InvalidRecordError('the sealed bytes are no command');
  return command;
}

export const sealAnswer = (sealer: Sealer, correlationId: string, answer: CommandAnswer): Buffer =>
  sealer.seal(Buffer.from(JSON.stringify(answer)), aad(REPLIES, correlationId));

/**
 * @throws SealError when the bytes were not sealed for this correlation id under a key of ours
 * @throws InvalidRecordError when what was sealed is no answer
 */
export function openAnswer(sealer: Sealer, sealed: Buffer, correlationId: string): CommandAnswer {
  const opened = sealer.open(sealed, aad(REPLIES, correlationId));
  const answer: unknown = JSON.parse(opened.toString('utf8'));
  if (!isAnswer(answer)) throw new InvalidRecordError('the sealed bytes are no answer');
  return answer;
}

const aad = (topic: TopicName, correlationId: string): string => `${topic}:${correlationId}`;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isCommand = (value: unknown): value is SealedCommand =>
  isObject(value) &&
  typeof value.command === 'string' &&
  Number.isSafeInteger(value.sentAtMs) &&
  Number.isSafeInteger(value.timeoutMs);

function isAnswer(value: unknown): value is CommandAnswer {
  if (!isObject(value)) return false;
  if ('reply' in value) return true;
  const { error } = value;
  return (
    isObject(error) &&
    typeof error.code === 'string' &&
    isErrorCode(error.code) &&
    isObject(error.params)
  );
}
