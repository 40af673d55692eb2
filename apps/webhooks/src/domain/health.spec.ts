import { healthStep } from './endpoint-health';
import { FailureWindow } from './failure-window';
import { verdictOf } from './verdict';

const HOUR_MS = 3_600_000;
const failing = { failures: 1, failingForMs: 0, spanMs: 0, stage: 0 };

describe('an endpoint that fails', () => {
  it('is warned of after ten in a row or an hour, a day and three days, each once', () => {
    expect(healthStep({ ...failing, failures: 9 })).toBeNull();
    expect(healthStep({ ...failing, failures: 10 })?.notice).toBe('failing');
    expect(healthStep({ ...failing, failingForMs: HOUR_MS })?.notice).toBe('failing');
    expect(healthStep({ ...failing, failures: 500, stage: 1 })).toBeNull();
    const day = { ...failing, failingForMs: 24 * HOUR_MS, stage: 1 };
    expect(healthStep(day)?.notice).toBe('failing_1_day');
    expect(healthStep({ ...day, failingForMs: 72 * HOUR_MS, stage: 2 })?.notice).toBe(
      'failing_3_days',
    );
  });

  it('is disabled after five days, when there were failures at least twelve hours apart', () => {
    const late = { failures: 20, failingForMs: 120 * HOUR_MS, spanMs: 12 * HOUR_MS, stage: 3 };
    expect(healthStep(late)).toMatchObject({ isDisabling: true, notice: 'disabled_failing' });
    expect(healthStep({ ...late, spanMs: 11 * HOUR_MS })).toBeNull();
    expect(healthStep({ ...late, failures: 1 })).toBeNull();
    expect(healthStep({ ...late, failingForMs: 119 * HOUR_MS })).toBeNull();
  });

  it('is left alone when 7 of at least 10 attempts in a minute failed', () => {
    const window = new FailureWindow();
    const results = [true, true, true, false, true, true, false, true, false];
    expect(results.map((isFailed) => window.record(isFailed, 0))).not.toContain(true);
    expect(window.record(true, 1_000)).toBe(true);
    const later = new FailureWindow();
    for (let index = 0; index < 9; index += 1) later.record(true, 0);
    expect(later.record(true, 70_000)).toBe(false);
  });
});

describe('what follows an attempt', () => {
  const result = { isDelivered: false, isGone: false, steering: null, retryAfterMs: null };

  it('is a retry by the schedule, until that is used up', () => {
    expect(verdictOf(result, 0, 0)).toEqual({ state: 'pending', delayMs: 5_000, disabling: null });
    expect(verdictOf(result, 8, 0).delayMs).toBe(86_400_000);
    expect(verdictOf(result, 9, 0).state).toBe('exhausted');
  });

  it('is an end when the receiver is gone or asks for it', () => {
    expect(verdictOf({ ...result, isGone: true }, 0, 0)).toMatchObject({
      state: 'exhausted',
      disabling: 'gone',
    });
    expect(verdictOf({ ...result, steering: 'abort-message' }, 0, 0)).toMatchObject({
      state: 'exhausted',
      disabling: null,
    });
    expect(verdictOf({ ...result, steering: 'disable', isDelivered: true }, 0, 0)).toMatchObject({
      state: 'delivered',
      disabling: 'asked_by_receiver',
    });
  });
});
