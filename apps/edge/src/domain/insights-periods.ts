import type { Granularity } from '@gateway/contracts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS_OF_WEEK = 7;
const MONDAY = 1;
const DATE_CHARACTERS = 10;

/** As a query has it; days of the calendar, YYYY-MM-DD. */
interface AskedRange {
  readonly startDate?: string;
  readonly endDate?: string;
}

interface DateRange {
  readonly startDate: string;
  readonly endDate: string;
}

/** Without dates: so many days, up to today. */
export const DAYS_DEFAULT = 30;

/** A series has a row for each period, so a range is bounded. */
export const DAYS_MAX: Readonly<Record<Granularity, number>> = {
  hourly: 31,
  daily: 1_100,
  weekly: 3_660,
  monthly: 3_660,
};

const startOf = (date: string): number => Date.parse(`${date}T00:00:00Z`);

/** The day of UTC in which a moment lies. */
export const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, DATE_CHARACTERS);

/** Both days; one that is missing follows from the other, both from today. */
export function dateRange({ startDate, endDate }: AskedRange, nowMs: number): DateRange {
  const today = dateOf(nowMs);
  const end = endDate ?? (startDate !== undefined && startDate > today ? startDate : today);
  const start = startDate ?? dateOf(Math.max(0, startOf(end) - (DAYS_DEFAULT - 1) * DAY_MS));
  return { startDate: start, endDate: end };
}

/** How many days a range has, the last one included. */
export const daysOf = ({ startDate, endDate }: DateRange): number =>
  (startOf(endDate) - startOf(startDate)) / DAY_MS + 1;

/** When each period begins that a range touches, in order; of UTC, as the owners of the counts cut them. */
export function periodStarts({ startDate, endDate }: DateRange, granularity: Granularity): Date[] {
  const endMs = startOf(endDate) + DAY_MS;
  const starts: Date[] = [];
  let at = firstStart(startDate, granularity);
  while (at.getTime() < endMs) {
    starts.push(at);
    at = nextStart(at, granularity);
  }
  return starts;
}

function firstStart(date: string, granularity: Granularity): Date {
  const day = new Date(startOf(date));
  if (granularity === 'monthly') return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth()));
  if (granularity !== 'weekly') return day;
  const daysSinceMonday = (day.getUTCDay() - MONDAY + DAYS_OF_WEEK) % DAYS_OF_WEEK;
  return new Date(day.getTime() - daysSinceMonday * DAY_MS);
}

function nextStart(at: Date, granularity: Granularity): Date {
  switch (granularity) {
    case 'hourly':
      return new Date(at.getTime() + HOUR_MS);
    case 'daily':
      return new Date(at.getTime() + DAY_MS);
    case 'weekly':
      return new Date(at.getTime() + DAYS_OF_WEEK * DAY_MS);
    case 'monthly':
      return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1));
  }
}
