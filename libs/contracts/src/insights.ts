import { dayMs } from './times';
import { isUuid } from './untrusted';

/** Periods by which counts are summed, as clients name them, with their names in SQL; weeks begin on Monday. */
export const GRANULARITIES = {
  hourly: 'hour',
  daily: 'day',
  weekly: 'week',
  monthly: 'month',
} as const;
export type Granularity = keyof typeof GRANULARITIES;

/** What is counted of an organization: days of UTC, the last one included. */
export interface InsightsRange {
  readonly orgId: string;
  /** UUID of one application; null: all of them. */
  readonly appId: string | null;
  /** YYYY-MM-DD. */
  readonly startDate: string;
  readonly endDate: string;
  readonly granularity: Granularity;
}

/** A sum of a period; periods without any are left out. */
interface OfPeriod {
  /** ISO 8601: when the period begins, of UTC. */
  readonly at: string;
}

/** Messages that Meta accepted, by the hour in which the gateway took them. */
export interface OutgoingCounts extends OfPeriod {
  /** What is no template. */
  readonly session: number;
  readonly template: number;
  /** Of the templates: by the Marketing Messages endpoint. */
  readonly marketingLite: number;
}

/** Messages that customers received, by Meta's time. */
export interface IncomingCounts extends OfPeriod {
  readonly incoming: number;
}

/** What was charged, by the hour of the charge. */
interface UsageSum {
  /**
   * Meta's, of what Meta charged; `infrastructure` and `infrastructure_session`: the gateway's own fee of templates and
   * of what is no template.
   */
  readonly category: string;
  readonly messageCount: number;
  /** Micro-dollars as decimal text. */
  readonly amountMicroUsd: string;
}

export type UsageOfPeriod = UsageSum & OfPeriod;

/** `appId` is a UUID. */
export type UsageOfApplication = UsageSum & { readonly appId: string };

const DAY_MS = 86_400_000;

/** A range as a store takes it. */
export interface CountedRange {
  readonly orgId: string;
  readonly appId: string | null;
  /** Of SQL's `date_trunc`. */
  readonly period: (typeof GRANULARITIES)[Granularity];
  readonly from: Date;
  /** Not in it any more. */
  readonly to: Date;
}

/** What a request asks for, null when it is not well formed. */
export function countedRange(request: InsightsRange): CountedRange | null {
  const { orgId, appId, startDate, endDate, granularity } = request;
  const fromMs = dayMs(startDate);
  const lastMs = dayMs(endDate);
  const isKnown = isUuid(orgId) && (appId === null || isUuid(appId));
  if (!isKnown || fromMs === null || lastMs === null || fromMs > lastMs) return null;
  if (!Object.hasOwn(GRANULARITIES, granularity)) return null;
  const period = GRANULARITIES[granularity];
  return { orgId, appId, period, from: new Date(fromMs), to: new Date(lastMs + DAY_MS) };
}
