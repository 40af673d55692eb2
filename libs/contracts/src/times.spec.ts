import { dayMs, timeMs } from './times';

describe('a moment', () => {
  it.each([
    ['2026-02-28T23:59:59Z', Date.UTC(2026, 1, 28, 23, 59, 59)],
    ['2026-02-28T23:59Z', Date.UTC(2026, 1, 28, 23, 59)],
    ['2026-02-28T23:59:59.123456+03:00', Date.UTC(2026, 1, 28, 20, 59, 59, 123)],
    // Further from UTC than any place on Earth, and than Postgres takes; RFC 3339 allows it.
    ['2000-01-01T00:43:55-16:13', Date.UTC(2000, 0, 1, 16, 56, 55)],
  ])('%s is read', (text, ms) => {
    expect(timeMs(text)).toBe(ms);
  });

  it.each([
    ['a day that does not exist', '2026-02-30T00:00:00Z'],
    ['an hour that does not exist', '2026-02-28T24:00:00Z'],
    ['an offset that does not exist', '2026-02-28T00:00:00+24:00'],
    ['no offset', '2026-02-28T00:00:00'],
    ['no time', '2026-02-28'],
    ['no text', 1_772_236_800_000],
    ['nothing', undefined],
  ])('is not %s', (_says, text) => {
    expect(timeMs(text)).toBeNull();
  });
});

it('a day is one of the calendar', () => {
  expect([dayMs('2024-02-29'), dayMs('2026-02-29'), dayMs('2026-13-01'), dayMs(null)]).toEqual([
    Date.UTC(2024, 1, 29),
    null,
    null,
    null,
  ]);
});
