import type {
  CommandName,
  CommandReply,
  CommandRequest,
  CommandService,
  GroupName,
  RecordHeaders,
  Reply,
  ServiceName,
  TopicName,
} from '@gateway/contracts';

/** A record as a handler sees it; the same from Kafka and from the in-process broker. */
export interface InboundRecord {
  readonly topic: TopicName;
  readonly partition: number;
  readonly offset: bigint;
  /** The broker's stamp (LogAppendTime), Unix milliseconds. */
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

export interface OutboundRecord {
  readonly topic: TopicName;
  readonly key: string;
  readonly value: Buffer | string | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  /** Only for topics whose partition is an address (`replies.v1`); else it follows from the key. */
  readonly partition?: number;
}

/** Where and when the broker wrote a record. */
export interface Acknowledgement {
  readonly partition: number;
  readonly timestampMs: number;
}

interface SendOptions {
  /**
   * Local Unix milliseconds after which an unacknowledged record is given up with a `ProduceExpiredError`; its
   * `wasHandedOver` says whether it was ever part of a request. Absent: repeated for ever.
   */
  readonly deadlineMs?: number;
}

/**
 * Sends what has gathered whenever one of its few requests in flight returns, one request for many topics. Every
 * failure is retried, split or rejected with a typed error; nothing rejects into the air.
 */
export interface RecordProducer {
  send(record: OutboundRecord, options?: SendOptions): Promise<Acknowledgement>;
  /** One promise for a whole batch; resolved when every record is acknowledged. */
  sendAll(records: readonly OutboundRecord[], options?: SendOptions): Promise<void>;
  /** Takes a record back that is still in the local queue; false when it was handed to a request. */
  takeBack(record: OutboundRecord): boolean;
  /** Records waiting locally, for back-pressure and readiness. */
  readonly queued: number;
}

/**
 * The broker's time on this machine: local time corrected by the offset learned from the stamps in produce answers.
 */
export interface BrokerClock {
  nowMs(): number;
  /** Broker's time minus local time, in milliseconds. */
  readonly offsetMs: number;
}

/** Replies over `replies.v1`: each process that asks reads the one partition that its name hashes to. */
export interface ReplyChannel {
  /** The partition that this process reads; travels as `x-reply-partition`. */
  readonly partition: number;
  /** Sends one reply in requests of their own; dropped, with a metric, past `expiresAtMs` (broker's time). */
  send(partition: number, id: string, reply: Reply, expiresAtMs: number): void;
  /** Hands every reply for `id` to `onReply` until the returned function is called. */
  listen(id: string, onReply: (reply: Reply) => void): () => void;
}

/** Sealed request-reply over `<service>.commands.v1`. */
export interface CommandClient {
  /**
   * @param options.key tenant of the command, else it is keyed by its correlation id
   * @param options.timeoutMs how long the answer is awaited
   * @throws AppError with the code that the owner answered
   * @throws CommandTimeoutError when no answer came in time: the service is gone or slow
   */
  call<S extends CommandService, C extends CommandName<S>>(
    service: S,
    command: C,
    request: CommandRequest<S, C>,
    options: { readonly timeoutMs: number; readonly key?: string },
  ): Promise<CommandReply<S, C>>;
}

/**
 * A batch as a handler gets it: everything that has gathered, over all partitions of the topic. What the handler does
 * not defer is finished when it returns; offsets are committed contiguously, behind finished work only.
 */
export interface Batch {
  readonly records: readonly InboundRecord[];
  /** The record is finished when `work` settles; until then its offset and those behind it are not committed. */
  defer(record: InboundRecord, work: Promise<void>): void;
  /**
   * Resolves when the offset of the record is committed, so that a final answer is given behind it (a refusal is as
   * final as a send). Never call it before the record itself is finished: it waits for that.
   */
  committed(record: InboundRecord): Promise<void>;
  /** Sends one malformed record to the dead letter, raw bytes and reason, and finishes it; the others go on. */
  reject(record: InboundRecord, reason: string): void;
}

export interface BatchHandlerOptions {
  readonly group: GroupName;
  /** How many calls of the handler run at once; while they run, what arrives gathers into the next call. */
  readonly concurrency: number;
  /** Records of one call at most. */
  readonly recordsMax: number;
  /** Records taken and not finished at most, deferred ones included; above it the partitions wait. */
  readonly inFlightMax: number;
  /**
   * Milliseconds after a call of 16 records or more in which what arrives gathers for the next, 0 by default: where a
   * call costs much and each of its records little, fewer calls carry more. Small calls follow each other at once.
   */
  readonly restMs?: number;
  /**
   * Name of a method `(record: InboundRecord) => Promise<void>` of the same class that ends the journey of a record
   * before it goes to the dead letter: a poison record still answers its client and frees its money.
   */
  readonly onDeadLetter?: string;
}

/** Reads a compacted topic from its start, in a group of its own that commits nothing. */
export interface TableReader {
  /**
   * @param onRecords gets records in order of the log, tombstones with a null value
   * @returns when everything that was in the topic at the call has been handed over
   */
  read(
    topic: TopicName,
    onRecords: (records: readonly InboundRecord[]) => void,
  ): Promise<{
    /** Reads everything again from the start, after a gap was seen. */
    resync(): Promise<void>;
    /** Local Unix milliseconds at which the reader last heard from the broker. */
    lastFetchAtMs(): number;
  }>;
}

/** What a service's module gets to talk with: one for each service, also inside the standalone process. */
export interface Messaging {
  readonly service: ServiceName;
  readonly producer: RecordProducer;
  readonly replies: ReplyChannel;
  readonly commands: CommandClient;
  readonly tables: TableReader;
  readonly brokerClock: BrokerClock;
  /** The partition of the path topics that a key belongs to. */
  partitionOf(key: string): number;
  /** Whether the process is connected, joined to its groups and within 1 s of the broker's clock. */
  health(): { readonly isReady: boolean; readonly reasons: readonly string[] };
}
