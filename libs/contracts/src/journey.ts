import { isErrorCode, type ErrorCode } from '@gateway/errors';
import { isUuid } from './untrusted';

/** Message types that a caller may send (`contract.md` section 1), and mark-as-read. */
export const MESSAGE_TYPES = [
  'text',
  'image',
  'audio',
  'video',
  'document',
  'sticker',
  'location',
  'contacts',
  'reaction',
  'template',
  'interactive',
] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];
/** `read` is mark-as-read: counted in the rate limit, neither charged nor counted as a message. */
export type RequestType = MessageType | 'read';

/** The limits of the key, from the edge's cache. */
interface KeyLimits {
  readonly perSecond: number;
  readonly perMinute: number;
  /** Of a UTC day, at least 1; absent: as many as the others allow. */
  readonly perDay?: number;
}

/** What the limiter saw; becomes the four `X-RateLimit-*` headers. */
export interface RateState {
  readonly secLimit: number;
  readonly secRemaining: number;
  readonly minLimit: number;
  readonly minRemaining: number;
}

/** The context that travels with a message, in Kafka headers. The value is the HTTP body, unchanged. */
export interface Journey {
  /** UUIDv7; callers see it as `msg_<uuid>`. */
  readonly messageId: string;
  /** Partition of `replies.v1` that the edge which took the message reads. */
  readonly replyPartition: number;
  /** Time to live: the call to Meta may start until the broker's stamp of the submitted record plus this. */
  readonly ttlMs: number;
  readonly appId: string;
  readonly orgId: string;
  readonly keyId: string;
  readonly type: RequestType;
  readonly isFake: boolean;
  readonly isMmlite: boolean;
  /** Came to a stage after its deadline; only the dispatcher may judge what that means. */
  readonly isLate: boolean;
  readonly limits: KeyLimits;
  /** Broker's stamp of the submitted record in Unix milliseconds; set by the rate-limiter. */
  readonly submittedAtMs?: number;
  readonly rateState?: RateState;
  /** Billing's refusal of a message with an idempotency key: the dispatcher replays, or gives it. */
  readonly refusal?: ErrorCode;
  /** SHA-256 of the `Idempotency-Key`, hex. */
  readonly idempotencyHash?: string;
  readonly traceparent?: string;
  /** ISO 3166 country of the recipient, by which billing knows what the message may cost; absent when unknown. */
  readonly market?: string;
}

/** Headers of a record as a transport hands them over: bytes from Kafka, text from the in-process broker. */
export type RecordHeaders = Readonly<Record<string, Buffer | string | undefined>>;

const REPLY_PARTITIONS = 32;
const TTL_MS_MAX = 60_000;
const LIMIT_MAX = 1_000_000;

const SHA256_HEX = /^[0-9a-f]{64}$/;
const COUNTRY = /^[A-Z]{2}$/;
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

export function encodeJourney(journey: Journey): Record<string, string> {
  const headers: Record<string, string> = {
    'x-message-id': journey.messageId,
    'x-reply-partition': String(journey.replyPartition),
    'x-ttl-ms': String(journey.ttlMs),
    'x-app-id': journey.appId,
    'x-org-id': journey.orgId,
    'x-key-id': journey.keyId,
    'x-type': journey.type,
    'x-limits': encodeLimits(journey.limits),
  };
  const flags = encodeFlags(journey);
  if (flags !== '') headers['x-flags'] = flags;
  if (journey.submittedAtMs !== undefined) {
    headers['x-submitted-at'] = String(journey.submittedAtMs);
  }
  if (journey.rateState !== undefined) headers['x-rate-state'] = encodeRateState(journey.rateState);
  if (journey.refusal !== undefined) headers['x-refusal'] = journey.refusal;
  if (journey.idempotencyHash !== undefined) {
    headers['x-idempotency-hash'] = journey.idempotencyHash;
  }
  if (journey.market !== undefined) headers['x-market'] = journey.market;
  if (journey.traceparent !== undefined) headers.traceparent = journey.traceparent;
  return headers;
}

const encodeLimits = ({ perSecond, perMinute, perDay = 0 }: KeyLimits): string =>
  perDay > 0 ? `${perSecond},${perMinute},${perDay}` : `${perSecond},${perMinute}`;

function encodeFlags({ isFake, isMmlite, isLate }: Journey): string {
  if (!isFake && !isMmlite && !isLate) return '';
  return [isFake && 'fake', isMmlite && 'mmlite', isLate && 'late'].filter(Boolean).join(',');
}

/**
 * The journey in a record's headers, or null when any header is missing or malformed: records are untrusted. Each stage
 * calls it for each message, so it makes one object and walks each header once.
 */
export function decodeJourney(headers: RecordHeaders): Journey | null {
  const messageId = uuid(headers['x-message-id']);
  const appId = uuid(headers['x-app-id']);
  const orgId = uuid(headers['x-org-id']);
  const keyId = uuid(headers['x-key-id']);
  if (messageId === null || appId === null || orgId === null || keyId === null) return null;
  const replyPartition = integer(headers['x-reply-partition'], REPLY_PARTITIONS - 1);
  const ttlMs = positive(headers['x-ttl-ms'], TTL_MS_MAX);
  const type = text(headers['x-type']);
  const limits = decodeLimits(headers['x-limits']);
  const flags = decodeFlags(headers['x-flags']);
  if (replyPartition === null || ttlMs === null) return null;
  if (!isRequestType(type) || limits === null || flags === null) return null;
  const journey: Mutable<Journey> = {
    messageId,
    replyPartition,
    ttlMs,
    appId,
    orgId,
    keyId,
    type,
    isFake: (flags & FAKE) !== 0,
    isMmlite: (flags & MMLITE) !== 0,
    isLate: (flags & LATE) !== 0,
    limits,
    submittedAtMs: undefined,
    rateState: undefined,
    refusal: undefined,
    idempotencyHash: undefined,
    traceparent: undefined,
    market: undefined,
  };
  return decodeLaterStages(headers, journey) && decodeOptions(headers, journey) ? journey : null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What rate-limiter and billing add; false when it is malformed. */
function decodeLaterStages(headers: RecordHeaders, journey: Mutable<Journey>): boolean {
  if (headers['x-submitted-at'] !== undefined) {
    const submittedAtMs = positive(headers['x-submitted-at'], Number.MAX_SAFE_INTEGER);
    if (submittedAtMs === null) return false;
    journey.submittedAtMs = submittedAtMs;
  }
  if (headers['x-rate-state'] !== undefined) {
    const rateState = decodeRateState(headers['x-rate-state']);
    if (rateState === null) return false;
    journey.rateState = rateState;
  }
  if (headers['x-refusal'] !== undefined) {
    const refusal = text(headers['x-refusal']);
    if (refusal === undefined || !isErrorCode(refusal)) return false;
    journey.refusal = refusal;
  }
  return true;
}

/** What follows from the request alone; false when it is malformed. */
function decodeOptions(headers: RecordHeaders, journey: Mutable<Journey>): boolean {
  if (headers['x-idempotency-hash'] !== undefined) {
    const idempotencyHash = text(headers['x-idempotency-hash']);
    if (idempotencyHash === undefined || !SHA256_HEX.test(idempotencyHash)) return false;
    journey.idempotencyHash = idempotencyHash;
  }
  if (headers.traceparent !== undefined) {
    const traceparent = text(headers.traceparent);
    if (traceparent === undefined || !TRACEPARENT.test(traceparent)) return false;
    journey.traceparent = traceparent;
  }
  if (headers['x-market'] !== undefined) {
    const market = text(headers['x-market']);
    if (market === undefined || !COUNTRY.test(market)) return false;
    journey.market = market;
  }
  return true;
}

const FAKE = 1;
const MMLITE = 2;
const LATE = 4;
const FLAG_BITS: ReadonlyMap<string, number> = new Map([
  ['fake', FAKE],
  ['mmlite', MMLITE],
  ['late', LATE],
]);

function decodeFlags(header: Buffer | string | undefined): number | null {
  if (header === undefined) return 0;
  let flags = 0;
  for (const name of text(header)?.split(',') ?? []) {
    const bit = FLAG_BITS.get(name);
    if (bit === undefined) return null;
    flags |= bit;
  }
  return flags;
}

/** The limit of the day is there only where a key has one; 0 is none too. */
function decodeLimits(header: Buffer | string | undefined): KeyLimits | null {
  const numbers = integers(header, 2, 3);
  if (!numbers) return null;
  const [perSecond = 0, perMinute = 0, perDay = 0] = numbers;
  return { perSecond, perMinute, perDay: perDay > 0 ? perDay : undefined };
}

export const encodeRateState = (state: RateState): string =>
  `${state.secLimit},${state.secRemaining},${state.minLimit},${state.minRemaining}`;

export function decodeRateState(header: Buffer | string | undefined): RateState | null {
  const numbers = integers(header, 4, 4);
  if (!numbers) return null;
  const [secLimit = 0, secRemaining = 0, minLimit = 0, minRemaining = 0] = numbers;
  return { secLimit, secRemaining, minLimit, minRemaining };
}

/** A header as text; `undefined` when it is absent. */
export const text = (header: Buffer | string | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.toString('latin1');

function uuid(header: Buffer | string | undefined): string | null {
  const value = text(header);
  return isUuid(value) ? value : null;
}

const ZERO = 48;
const NINE = 57;
const COMMA = 44;
const DIGITS_MAX = 16;

function integer(header: Buffer | string | undefined, max: number): number | null {
  const value = text(header);
  if (value === undefined || value === '' || value.length > DIGITS_MAX) return null;
  let number = 0;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code < ZERO || code > NINE) return null;
    number = number * 10 + (code - ZERO);
  }
  return number <= max ? number : null;
}

function positive(header: Buffer | string | undefined, max: number): number | null {
  const number = integer(header, max);
  return number === 0 ? null : number;
}

/** `countMin` to `countMax` whole numbers up to `LIMIT_MAX`, separated by commas. */
function integers(
  header: Buffer | string | undefined,
  countMin: number,
  countMax: number,
): number[] | null {
  const value = text(header);
  if (value === undefined) return null;
  const numbers: number[] = [];
  let number = -1;
  for (let index = 0; index <= value.length; index++) {
    const code = index === value.length ? COMMA : value.charCodeAt(index);
    if (code === COMMA) {
      if (number < 0) return null;
      numbers.push(number);
      number = -1;
    } else if (code < ZERO || code > NINE) {
      return null;
    } else {
      number = Math.max(number, 0) * 10 + (code - ZERO);
      if (number > LIMIT_MAX) return null;
    }
  }
  return numbers.length >= countMin && numbers.length <= countMax ? numbers : null;
}

const REQUEST_TYPES: ReadonlySet<string> = new Set([...MESSAGE_TYPES, 'read']);

const isRequestType = (value: string | undefined): value is RequestType =>
  value !== undefined && REQUEST_TYPES.has(value);
