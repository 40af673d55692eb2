import type {
  ApplicationContext,
  KeyContext,
  OrganizationContext,
  SessionContext,
  TenancyRecord,
} from './tenancy';
import { isUuid } from './untrusted';

const STATUSES = ['DRAFT', 'ACTIVATED', 'RESTRICTED', 'DISCONNECTED'];
const ENVIRONMENTS = ['production', 'staging'];

/**
 * A record's value as a `TenancyRecord`, or null when it is none: records are untrusted. One of a kind that this
 * release does not know still counts as a version, or its readers would see a gap.
 */
export function parseTenancyRecord(value: Buffer): TenancyRecord | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return null;
  }
  if (isTenancyRecord(parsed)) return parsed;
  if (!isOfUnknownKind(parsed)) return null;
  return { kind: 'other', id: parsed.id, version: parsed.version, data: null };
}

const KNOWN_KINDS = ['key', 'application', 'session', 'organization', 'watermark'];

function isOfUnknownKind(value: unknown): value is { id: string; version: number } {
  if (!isObject(value) || !isCount(value.version) || typeof value.id !== 'string') return false;
  return typeof value.kind === 'string' && !KNOWN_KINDS.includes(value.kind);
}

function isTenancyRecord(value: unknown): value is TenancyRecord {
  if (!isObject(value) || !isCount(value.version)) return false;
  const { kind, id, data, atMs } = value;
  if (kind === 'watermark') return isCount(atMs);
  const isData = typeof kind === 'string' ? DATA_CHECKS.get(kind) : undefined;
  return typeof id === 'string' && isData !== undefined && (data === null || isData(data));
}

/** Whether a value has the shape of a `KeyContext`. */
export function isKeyContext(value: unknown): value is KeyContext {
  if (!isObject(value)) return false;
  const { keyId, orgId, appId, environment, isActive, expiresAtMs } = value;
  return (
    [keyId, orgId, appId].every(isUuid) &&
    ENVIRONMENTS.includes(environment as string) &&
    typeof isActive === 'boolean' &&
    (expiresAtMs === null || isCount(expiresAtMs)) &&
    isCount(value.limitPerSecond) &&
    isCount(value.limitPerMinute) &&
    isOptionalCount(value.dailyLimit) &&
    isOptionalCount(value.concurrencyLimit)
  );
}

/** Whether a value has the shape of an `ApplicationContext`. */
export function isApplicationContext(value: unknown): value is ApplicationContext {
  if (!isObject(value)) return false;
  const { appId, handle, orgId, status, channel, testNumberHashes } = value;
  return (
    [appId, orgId].every(isUuid) &&
    typeof handle === 'string' &&
    STATUSES.includes(status as string) &&
    (channel === null || isChannel(channel)) &&
    Array.isArray(testNumberHashes) &&
    testNumberHashes.every((hash) => typeof hash === 'string')
  );
}

const isOrganizationContext = (value: unknown): value is OrganizationContext =>
  isObject(value) &&
  Array.isArray(value.origins) &&
  value.origins.every((origin) => typeof origin === 'string');

const isSessionContext = (value: unknown): value is SessionContext =>
  isObject(value) &&
  typeof value.isEnded === 'boolean' &&
  isCount(value.tokenVersion) &&
  isCount(value.forgetAtMs);

const isChannel = (value: unknown): boolean =>
  isObject(value) &&
  [value.phoneNumberId, value.wabaId, value.sealedAccessToken].every(
    (field) => typeof field === 'string',
  );

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isOptionalCount = (value: unknown): boolean =>
  value === undefined || value === null || isCount(value);

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** What the data of each kind must look like; null is what was deleted. */
const DATA_CHECKS: ReadonlyMap<string, (data: unknown) => boolean> = new Map<
  string,
  (data: unknown) => boolean
>([
  ['key', isKeyContext],
  ['application', isApplicationContext],
  ['session', isSessionContext],
  ['organization', isOrganizationContext],
]);
