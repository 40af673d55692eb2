/**
 * THE list of what a log line may carry beside its event name. A field that is not here does not compile and, should
 * it come from untyped code, is dropped. Before adding one: it holds an id of ours, a count, a duration or a word from
 * a closed set; never a body, a header, a recipient, a wamid (it encodes the recipient's number), a key or a URL with
 * a password in it.
 */
const LOG_FIELDS = [
  // who and what
  'service',
  'component',
  'requestId',
  'correlationId',
  'messageId',
  'appId',
  'orgId',
  'keyId',
  'userId',
  'channelId',
  'phoneNumberId',
  'wabaId',
  'instanceId',
  'bootId',
  'clientId',
  // where
  'topic',
  'partition',
  'partitions',
  'offset',
  'group',
  'command',
  'stage',
  'method',
  'route',
  'host',
  'port',
  'schema',
  'database',
  'migration',
  'transport',
  'profile',
  // what came of it
  'code',
  'metaCode',
  'httpStatus',
  'status',
  'state',
  'outcome',
  'reason',
  'reasons',
  'signal',
  'exitCode',
  // how much and how long
  'count',
  'records',
  'bytes',
  'attempt',
  'version',
  'pid',
  'durationMs',
  'delayMs',
  'ageMs',
  'lagMs',
  'offsetMs',
  'timeoutMs',
  'limitPerSecond',
] as const;

type LogField = (typeof LOG_FIELDS)[number];
type LogValue = string | number | boolean | bigint | null | undefined | readonly string[];

/** The fields of one line; `err` goes through a serializer that keeps a closed list of an error's properties. */
export type LogFields = Readonly<Partial<Record<LogField, LogValue>>> & { readonly err?: unknown };

const ALLOWED: ReadonlySet<string> = new Set<string>([...LOG_FIELDS, 'err']);
const TEXT_LENGTH_MAX = 1_000;

/** What of an untrusted object may be logged; dropped fields are named, so that they are missed. */
export function allowedFields(fields: Record<string, unknown>): Record<string, unknown> {
  const allowed: Record<string, unknown> = {};
  const dropped: string[] = [];
  for (const [field, value] of Object.entries(fields)) {
    if (!ALLOWED.has(field)) dropped.push(field.slice(0, 40));
    else allowed[field] = field === 'err' ? value : plain(value);
  }
  if (dropped.length > 0) allowed.dropped = dropped.slice(0, 20);
  return allowed;
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, TEXT_LENGTH_MAX);
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) {
    return value.slice(0, 20).map((part) => String(part).slice(0, TEXT_LENGTH_MAX));
  }
  return typeof value === 'object' && value !== null ? '[object]' : value;
}
