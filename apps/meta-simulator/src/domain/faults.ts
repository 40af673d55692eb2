import { META_ERRORS, type MetaError } from './meta-errors';

/** What the simulator can do to a send instead of answering it well. */
export type Fault =
  | { readonly kind: 'error'; readonly error: MetaError }
  /** Accepted at once, answered later. */
  | { readonly kind: 'latency'; readonly latencyMs: number }
  /** More than this many sends in any second of one phone number are answered 130429. */
  | { readonly kind: 'throughput'; readonly perSecond: number }
  | { readonly kind: BrokenAnswerKind };

/** An answer that breaks the rules: of time, of TCP, of HTTP, of JSON or of Meta's API. */
export interface BrokenAnswer {
  /** Last three digits of the magic recipient. */
  readonly suffix: number;
  /** Whether the message is in the ledger, so that its customer would receive it. */
  readonly isAccepted: boolean;
  readonly does: string;
}

export const BROKEN_ANSWERS = {
  'timeout-before-accept': {
    suffix: 10,
    isAccepted: false,
    does: 'never answers',
  },
  'timeout-after-accept': {
    suffix: 11,
    isAccepted: true,
    does: 'never answers',
  },
  'reset-before-accept': {
    suffix: 12,
    isAccepted: false,
    does: 'resets the connection (TCP RST) without an answer',
  },
  'reset-after-accept': {
    suffix: 13,
    isAccepted: true,
    does: 'resets the connection (TCP RST) without an answer',
  },
  'truncated-json': {
    suffix: 20,
    isAccepted: true,
    does: 'announces the whole answer, sends half of it and closes the connection',
  },
  'invalid-json': {
    suffix: 21,
    isAccepted: true,
    does: 'answers 200 with a complete body that is not JSON',
  },
  'html-502': {
    suffix: 22,
    isAccepted: false,
    does: "answers 502 with an HTML page, not with Meta's error",
  },
  'html-404': {
    suffix: 23,
    isAccepted: false,
    does: "answers 404 with an HTML page, not with Meta's error",
  },
  'empty-200': {
    suffix: 24,
    isAccepted: true,
    does: 'answers 200 without a body',
  },
  'no-id-200': {
    suffix: 25,
    isAccepted: true,
    does: 'answers 200 in JSON, without the id of the message',
  },
  'huge-200': {
    suffix: 26,
    isAccepted: true,
    does: 'answers 200 with 10 MB of JSON',
  },
  'endless-200': {
    suffix: 27,
    isAccepted: true,
    does: 'answers 200 and then one byte of the body every 200 ms, for ever',
  },
} as const satisfies Record<string, BrokenAnswer>;

export type BrokenAnswerKind = keyof typeof BROKEN_ANSWERS;

/** Magic recipients that are answered well, but late. */
export const LATE_ANSWERS = [
  { suffix: 1, latencyMs: 1_000 },
  { suffix: 2, latencyMs: 3_000 },
  { suffix: 3, latencyMs: 15_000 },
] as const;

export const isBrokenAnswerKind = (name: string): name is BrokenAnswerKind =>
  Object.hasOwn(BROKEN_ANSWERS, name);

/** `error-131026`, `latency-1000`, `throughput-80`, or the kind of a broken answer. */
export function faultName(fault: Fault): string {
  if (fault.kind === 'error') return `error-${fault.error.code}`;
  if (fault.kind === 'latency') return `latency-${fault.latencyMs}`;
  if (fault.kind === 'throughput') return `throughput-${fault.perSecond}`;
  return fault.kind;
}

const MAGIC_PREFIX = '15550100';
const MAGIC_LENGTH = 11;

const BY_SUFFIX = new Map<number, Fault>([
  ...META_ERRORS.map((error): [number, Fault] => [error.suffix, { kind: 'error', error }]),
  ...LATE_ANSWERS.map(({ suffix, latencyMs }): [number, Fault] => [
    suffix,
    { kind: 'latency', latencyMs },
  ]),
  ...(Object.keys(BROKEN_ANSWERS) as BrokenAnswerKind[]).map((kind): [number, Fault] => [
    BROKEN_ANSWERS[kind].suffix,
    { kind },
  ]),
]);

/** The fault of a magic recipient, null for every other number; only +1 555 0100 xxx is magic. */
export function faultOfRecipient(digits: string): Fault | null {
  if (digits.length !== MAGIC_LENGTH || !digits.startsWith(MAGIC_PREFIX)) return null;
  return BY_SUFFIX.get(Number(digits.slice(MAGIC_PREFIX.length))) ?? null;
}

/** The magic recipient with this suffix, in digits. */
export const magicRecipient = (suffix: number): string =>
  MAGIC_PREFIX + String(suffix).padStart(3, '0');
