type MetaCodeClass = 'META_001' | 'META_002' | 'META_003' | 'META_004' | 'META_005';

interface MetaCode {
  readonly code: MetaCodeClass;
  /** Whether the same request may succeed later; by the class unless given. */
  readonly isRetryable?: boolean;
  /** Shortest useful wait; Meta's own `Retry-After` goes before it. */
  readonly retryAfterSeconds?: number;
}

const REFUSED: MetaCode = { code: 'META_002' };
const AMBIGUOUS: MetaCode = { code: 'META_005' };
const CREDENTIALS: MetaCode = { code: 'META_004' };

/** Codes with a class of their own; everything else that is known is a plain refusal. */
const SPECIAL: ReadonlyMap<number, MetaCode> = new Map<number, MetaCode>([
  [0, CREDENTIALS],
  [1, AMBIGUOUS],
  [2, AMBIGUOUS],
  [4, { code: 'META_003', retryAfterSeconds: 60 }],
  [10, CREDENTIALS],
  [190, CREDENTIALS],
  [80007, { code: 'META_003', retryAfterSeconds: 60 }],
  [130429, { code: 'META_003', retryAfterSeconds: 1 }],
  [131000, AMBIGUOUS],
  [131005, CREDENTIALS],
  [131016, { code: 'META_001', retryAfterSeconds: 1 }],
  // The number's quality: hours, not a short pause.
  [131048, { code: 'META_003', isRetryable: false, retryAfterSeconds: 3_600 }],
  // One message in 6 s to one recipient.
  [131056, { code: 'META_003', retryAfterSeconds: 6 }],
  [131057, { code: 'META_001', retryAfterSeconds: 10 }],
  [132069, { code: 'META_002', isRetryable: true }],
  [133004, { code: 'META_001', retryAfterSeconds: 1 }],
  [133015, { code: 'META_002', isRetryable: true }],
  [134101, { code: 'META_002', isRetryable: true }],
  [2494100, { code: 'META_001', retryAfterSeconds: 60 }],
]);

/** Known refusals; needed apart from unknown codes, as an unknown code with 5xx says nothing. */
const PLAIN_REFUSALS: ReadonlySet<number> = new Set([
  3, 33, 100, 368, 130472, 130497, 131008, 131009, 131021, 131026, 131030, 131031, 131037, 131042,
  131044, 131045, 131047, 131049, 131050, 131051, 131052, 131053, 131055, 131062, 131063, 131064,
  132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 133000, 133005,
  133006, 133008, 133009, 133010, 133016, 134011, 134100, 134102, 135000, 137000, 139000, 139001,
  139002, 139003, 139004, 139100, 139101, 200005, 200006, 200007,
]);

/** Template creation, analytics and migration come in families. */
const isPlainRefusal = (code: number): boolean =>
  PLAIN_REFUSALS.has(code) ||
  Math.floor(code / 1_000) === 2_388 ||
  Math.floor(code / 1_000) === 2_593;

/**
 * What one of Meta's codes means for the message. By the code, never by the HTTP status: Meta's drift. Only a code
 * that is not in the table is classed by it, 4xx as refused and everything else as ambiguous.
 */
export function classOfMetaCode(code: number, httpStatus: number): Required<MetaCode> {
  const entry = entryOf(code, httpStatus);
  return {
    code: entry.code,
    isRetryable: entry.isRetryable ?? (entry.code === 'META_001' || entry.code === 'META_003'),
    retryAfterSeconds: entry.retryAfterSeconds ?? 0,
  };
}

function entryOf(code: number, httpStatus: number): MetaCode {
  const special = SPECIAL.get(code);
  if (special) return special;
  if (code >= 200 && code <= 299) return CREDENTIALS;
  if (isPlainRefusal(code)) return REFUSED;
  return httpStatus >= 400 && httpStatus <= 499 ? REFUSED : AMBIGUOUS;
}
