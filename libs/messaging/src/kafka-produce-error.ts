/**
 * What a failed produce request means.
 * `connection`: the broker is gone or slow; all of it again, after a pause.
 * `topic`: one topic of the request cannot be written now (missing, no right to it, no leader); the others can.
 * `split`: too large, by halves.
 * `reject`: something in a record that no retry mends; by halves until it stands alone.
 */
export type ProduceFailure = 'connection' | 'topic' | 'split' | 'reject';

const FAILURE_OF_TYPE: Readonly<Record<string, ProduceFailure>> = {
  MESSAGE_TOO_LARGE: 'split',
  RECORD_LIST_TOO_LARGE: 'split',
  INVALID_RECORD: 'reject',
  INVALID_TIMESTAMP: 'reject',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'reject',
  REQUEST_TIMED_OUT: 'connection',
  ILLEGAL_SASL_STATE: 'connection',
};

const FAILURE_OF_NAME: Readonly<Record<string, ProduceFailure>> = {
  KafkaJSMetadataNotLoaded: 'topic',
  KafkaJSTopicMetadataNotLoaded: 'topic',
  // What kafkajs' encoder throws when a header or a value is of a wrong kind.
  TypeError: 'reject',
  RangeError: 'reject',
};

/** kafkajs asks for all topics that it knows at once: while one of these is among them it learns of none. */
const MISSING_TYPES = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION']);

/** The one function that decides what becomes of the records of a failed request. */
export function produceFailureOf(error: unknown): ProduceFailure {
  return (
    firstOf(error, (cause) => {
      const type = typeOf(cause);
      if (type !== '') return FAILURE_OF_TYPE[type] ?? 'topic';
      return FAILURE_OF_NAME[cause.name];
    }) ?? 'connection'
  );
}

/** Whether a topic is missing that the client goes on asking for. */
export const isTopicMissing = (error: unknown): boolean =>
  firstOf(error, (cause) => (MISSING_TYPES.has(typeOf(cause)) ? true : undefined)) ?? false;

const CAUSE_DEPTH_MAX = 4;

function firstOf<T>(error: unknown, find: (cause: Error) => T | undefined): T | undefined {
  let current = error;
  for (let depth = 0; depth < CAUSE_DEPTH_MAX && isErrorLike(current); depth += 1) {
    const found = find(current);
    if (found !== undefined) return found;
    current = current.cause;
  }
  return undefined;
}

/** By its shape: an error of another realm is no instance of this one's class. */
const isErrorLike = (value: unknown): value is Error =>
  typeof value === 'object' && value !== null && 'name' in value && 'message' in value;

const typeOf = (error: Error): string =>
  'type' in error && typeof error.type === 'string' ? error.type : '';

/** A topic has fewer partitions than the list of topics says: kafkajs leaves the record out without a word. */
export class PartitionMissingError extends Error {
  override readonly name = 'PartitionMissingError';
  readonly type = 'PARTITION_MISSING';
}
