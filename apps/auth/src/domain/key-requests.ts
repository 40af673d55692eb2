import { isUuid, type KeyEnvironment } from '@gateway/contracts';
import { RequestFields, isHandle } from './request-fields';

/** `contract.md` section 3. */
export const DEFAULT_LIMITS = { perSecond: 80, perMinute: 4_800 } as const;
const LIMIT_MAX = 1_000_000;
const NAME_LENGTH_MAX = 100;
const PAGE_NUMBER_MAX = 1_000_000;
const PAGE_SIZE_MAX = 100;
const KEY_HASH = /^[0-9a-f]{64}$/;

/** Whose application a request is about. */
export interface ApplicationReference {
  /** UUID of the organization that asks. */
  readonly orgId: string;
  readonly handle: string;
}

export interface NewKey {
  readonly application: ApplicationReference;
  readonly name: string;
  readonly environment: KeyEnvironment;
  readonly limitPerSecond: number;
  readonly limitPerMinute: number;
  readonly dailyLimit: number | null;
  readonly concurrencyLimit: number | null;
  /** Unix milliseconds, null when it does not expire. */
  readonly expiresAtMs: number | null;
}

export interface KeyPage {
  readonly application: ApplicationReference;
  readonly pageNumber: number;
  readonly pageSize: number;
}

export interface KeyReference {
  readonly application: ApplicationReference;
  readonly keyId: string;
}

/** The application of a request, as its owner names it. */
const applicationOf = (fields: RequestFields): ApplicationReference => ({
  orgId: fields.reference('orgId', isUuid),
  handle: fields.reference('appId', isHandle),
});

/** Whose organization a request is about. @throws AppError GW_404 for what has not the form of an id */
export const parseOrganization = (request: unknown): string =>
  new RequestFields(request).reference('orgId', isUuid);

/** Who asks; undefined when it is no signed-in user. */
export function parseActor(request: { readonly userId?: unknown }): string | undefined {
  return isUuid(request.userId) ? request.userId : undefined;
}

/** @throws AppError GW_003 with every wrong field, GW_404 for ids without the form of one */
export function parseNewKey(request: unknown, nowMs: number): NewKey {
  const fields = new RequestFields(request);
  const key = {
    application: applicationOf(fields),
    name: fields.text('name', NAME_LENGTH_MAX),
    environment: fields.oneOf<KeyEnvironment>('environment', ['production', 'staging']),
    limitPerSecond:
      fields.optionalInteger('limitPerSecond', 1, LIMIT_MAX) ?? DEFAULT_LIMITS.perSecond,
    limitPerMinute:
      fields.optionalInteger('limitPerMinute', 1, LIMIT_MAX) ?? DEFAULT_LIMITS.perMinute,
    dailyLimit: fields.optionalInteger('dailyLimit', 1, LIMIT_MAX) ?? null,
    concurrencyLimit: fields.optionalInteger('concurrencyLimit', 1, LIMIT_MAX) ?? null,
    expiresAtMs: fields.optionalFutureMs('expiresAt', nowMs),
  };
  fields.check();
  return key;
}

/** @throws AppError GW_003 with every wrong field, GW_404 for ids without the form of one */
export function parseKeyPage(request: unknown): KeyPage {
  const fields = new RequestFields(request);
  const page = {
    application: applicationOf(fields),
    pageNumber: fields.integer('pageNumber', 1, PAGE_NUMBER_MAX),
    pageSize: fields.integer('pageSize', 1, PAGE_SIZE_MAX),
  };
  fields.check();
  return page;
}

/** @throws AppError GW_404 for ids without the form of one */
export function parseKeyReference(request: unknown): KeyReference {
  const fields = new RequestFields(request);
  return { application: applicationOf(fields), keyId: fields.reference('keyId', isUuid) };
}

/** @throws AppError GW_003 for what is no keyed hash */
export function parseKeyHash(request: unknown): string {
  const fields = new RequestFields(request);
  const keyHash = fields.matching('keyHash', KEY_HASH, 'must be 64 hexadecimal digits');
  fields.check();
  return keyHash;
}
