const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** A day of the calendar, YYYY-MM-DD, as the moment at which it begins in UTC; null for what is none. */
export function dayMs(date: unknown): number | null {
  if (typeof date !== 'string' || !DATE.test(date)) return null;
  const ms = Date.parse(`${date}T00:00:00Z`);
  // 30 February is read as 2 March.
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date) ? ms : null;
}

/** A moment, ISO 8601 with an offset, as Unix milliseconds; null for what is none. */
export function timeMs(text: unknown): number | null {
  const [, day] = (typeof text === 'string' ? TIME.exec(text) : null) ?? [];
  if (dayMs(day) === null) return null;
  const ms = Date.parse(text as string);
  return Number.isNaN(ms) ? null : ms;
}
