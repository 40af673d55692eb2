import {
  DELIVERY_STATES,
  CUSTOMER_EVENTS,
  isUuid,
  type SubscribedEvents,
  timeMs,
} from '@gateway/contracts';
import type { DeliveryState, CustomerEvent } from '@gateway/contracts';
import { AppError, type FieldError } from '@gateway/errors';

const SECRET = /^[\x21-\x7e]{32,256}$/;
const OVERLAP_HOURS_MAX = 168;
const OVERLAP_HOURS_DEFAULT = 24;
const PAGE_SIZE_MAX = 100;
const PAGE_MAX = 1_000_000;

/** A request whose fields were checked as they are read; every wrong one is named. */
export class Request {
  private readonly errors: FieldError[] = [];

  constructor(private readonly fields: Readonly<Record<string, unknown>>) {}

  add(errors: readonly FieldError[]): void {
    this.errors.push(...errors);
  }

  refuse(path: string, reason: string): void {
    this.errors.push({ path, reason });
  }

  boolean(path: string): boolean | undefined {
    const value = this.fields[path];
    if (value === undefined || typeof value === 'boolean') return value;
    this.refuse(path, 'must be true or false');
    return undefined;
  }

  integer(path: string, min: number, max: number): number | undefined {
    const value = this.fields[path];
    if (value === undefined) return undefined;
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) {
      return Number(value);
    }
    this.refuse(path, `must be a whole number from ${min} to ${max}`);
    return undefined;
  }

  oneOf<T extends string>(path: string, values: readonly T[]): T | undefined {
    const value = this.fields[path];
    if (value === undefined) return undefined;
    const found = values.find((each) => each === value);
    if (found === undefined) this.refuse(path, `must be one of ${values.join(', ')}`);
    return found;
  }

  time(path: string): Date | undefined {
    const value = this.fields[path];
    if (value === undefined) return undefined;
    const atMs = timeMs(value);
    if (atMs !== null) return new Date(atMs);
    this.refuse(path, 'must be a time in ISO 8601 with an offset');
    return undefined;
  }

  secret(path: string): string | undefined {
    const value = this.fields[path];
    if (value === undefined) return undefined;
    if (typeof value === 'string' && SECRET.test(value)) return value;
    this.refuse(path, 'must be 32 to 256 visible ASCII characters');
    return undefined;
  }

  events(path: string): Partial<SubscribedEvents> {
    const value = this.fields[path];
    if (value === undefined) return {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.refuse(path, 'must be an object');
      return {};
    }
    for (const [event, isWanted] of Object.entries(value)) {
      if (!CUSTOMER_EVENTS.some((each) => each === event)) {
        this.refuse(`${path}.${event.slice(0, 50)}`, 'is no event');
      } else if (typeof isWanted !== 'boolean') {
        this.refuse(`${path}.${event}`, 'must be true or false');
      }
    }
    return value;
  }

  /** @throws AppError GW_003 naming every field that was refused */
  check(): void {
    if (this.errors.length > 0) throw new AppError('GW_003', { params: { fields: this.errors } });
  }
}

/** @throws AppError GW_404: what has not even the form of an id does not exist */
export function idOf(value: unknown): string {
  if (isUuid(value)) return value;
  throw new AppError('GW_404');
}

/** @throws AppError GW_003 */
export function overlapHoursOf(request: { readonly overlapHours?: number }): number {
  const fields = new Request({ ...request });
  const hours = fields.integer('overlapHours', 0, OVERLAP_HOURS_MAX);
  fields.check();
  return hours ?? OVERLAP_HOURS_DEFAULT;
}

export interface DeliveriesPage {
  readonly offset: number;
  readonly limit: number;
  readonly state: DeliveryState | null;
  readonly event: CustomerEvent | null;
  readonly from: Date | null;
  readonly to: Date | null;
}

/** @throws AppError GW_003 */
export function deliveriesPageOf(request: Readonly<Record<string, unknown>>): DeliveriesPage {
  const fields = new Request(request);
  const pageNumber = fields.integer('pageNumber', 1, PAGE_MAX) ?? 1;
  const limit = fields.integer('pageSize', 1, PAGE_SIZE_MAX) ?? 20;
  const state = fields.oneOf('state', DELIVERY_STATES) ?? null;
  const event = fields.oneOf('event', CUSTOMER_EVENTS) ?? null;
  const from = fields.time('from') ?? null;
  const to = fields.time('to') ?? null;
  fields.check();
  return { offset: (pageNumber - 1) * limit, limit, state, event, from, to };
}

/**
 * The range of a replay: not longer ago than events are kept.
 * @throws AppError GW_003
 */
export function replayRangeOf(
  request: Readonly<Record<string, unknown>>,
  { nowMs, keptMs }: { readonly nowMs: number; readonly keptMs: number },
): { readonly from: Date; readonly to: Date; readonly withDelivered: boolean } {
  const fields = new Request(request);
  const from = fields.time('from');
  const to = fields.time('to');
  const withDelivered = fields.boolean('includeDelivered') ?? false;
  for (const path of ['from', 'to']) {
    if (request[path] === undefined) fields.refuse(path, 'is required');
  }
  if (from && to && from >= to) fields.refuse('to', 'must be later than from');
  if (from && from.getTime() < nowMs - keptMs) {
    fields.refuse('from', 'must not be longer ago than events are kept');
  }
  fields.check();
  return { from: from ?? new Date(nowMs), to: to ?? new Date(nowMs), withDelivered };
}
