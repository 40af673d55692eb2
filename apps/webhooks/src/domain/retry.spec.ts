import { ATTEMPTS_MAX, nextAttemptAtMs } from './retry-schedule';
import { retryAfterMs } from './retry-after';

const HOUR_MS = 3_600_000;
const next = (attempt: number, random = 0, retryAfter: number | null = null) =>
  nextAttemptAtMs({ attempt, failedAtMs: 1_000, retryAfterMs: retryAfter, random });

describe('the schedule of retries', () => {
  it('is 10 attempts over 75 h 35 m 05 s', () => {
    const delays = Array.from(
      { length: 9 },
      (_, index) => ((next(index + 1) ?? 0) - 1_000) / 1_000,
    );
    expect(delays).toEqual([5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]);
    expect(delays.reduce((sum, delay) => sum + delay)).toBe(75 * 3600 + 35 * 60 + 5);
    expect(ATTEMPTS_MAX).toBe(10);
    expect(next(10)).toBeNull();
    expect(next(11)).toBeNull();
  });

  it('64: adds jitter of 2 s to 15 min, and never comes early', () => {
    expect(next(1, 0.999999)).toBe(1_000 + 5_000 + 1_999);
    expect(next(3, 0.5)).toBe(1_000 + 1_800_000 + 90_000);
    expect(next(9, 0.5)).toBe(1_000 + 24 * HOUR_MS + 450_000);
  });

  it("32: is delayed by the receiver's hint, at most to a day, never hastened, and ends when it would have", () => {
    expect(next(1, 0, 120_000)).toBe(1_000 + 120_000);
    expect(next(2, 0, 120_000)).toBe(1_000 + 300_000);
    expect(next(1, 0, 90 * HOUR_MS)).toBe(1_000 + 24 * HOUR_MS);
    expect(next(10, 0, 120_000)).toBeNull();
  });
});

describe('Retry-After', () => {
  const NOW_MS = Date.UTC(2026, 10, 28, 12, 0, 0);
  const wait = (header: string | string[] | undefined, status = 429) =>
    retryAfterMs(status, header, NOW_MS);

  it('32: is taken in seconds or as a date, on 429 and 503', () => {
    expect(wait('120')).toBe(120_000);
    expect(wait(' 7 ', 503)).toBe(7_000);
    expect(wait('Sat, 28 Nov 2026 12:02:00 GMT')).toBe(120_000);
    expect([200, 301, 400, 500, 502, 504].map((status) => wait('120', status))).toEqual(
      Array(6).fill(null),
    );
  });

  it.each([
    'Sat, 28 Nov 2026 11:59:59 GMT',
    '-1',
    '0',
    'abc',
    '1e99',
    '99999999999',
    '9999999999',
    '1.5',
    '0x10',
    '2026-11-28T12:02:00Z',
    'Sat, 99 Nov 2026 12:02:00 GMT',
    '120, 60',
    '',
  ])('32: is ignored when it says %p', (header) => {
    expect(wait(header)).toBeNull();
  });

  it('32: is ignored when it is given twice, or not at all', () => {
    expect(wait(['120', '60'])).toBeNull();
    expect(wait(undefined)).toBeNull();
  });
});
