import { answerViolations, longestStallMs } from './answers';
import type { Ended } from './load';

const ended = (more: Partial<Ended>): Ended => ({
  marker: 'm',
  appId: 'one',
  isKeyed: false,
  startedAtMs: 10_000,
  endedAtMs: 10_100,
  kind: 'ok',
  code: '200',
  ...more,
});

const GONE = { target: 'kafka', fromMs: 0, toMs: 60_000, isGone: true };

describe('the answers that clients saw', () => {
  const violations = (each: Partial<Ended>, codes: readonly string[] = []): string[] =>
    answerViolations([ended(each)], { codes, windows: [GONE], patience: 1 });

  it('are honest by the codes that a scenario expects', () => {
    expect(violations({ code: 'GW_500', kind: 'info' })).toHaveLength(1);
    expect(violations({ code: 'BILL_001', kind: 'fail' })).toHaveLength(1);
    expect(violations({ code: 'BILL_001', kind: 'fail' }, ['BILL_001'])).toEqual([]);
  });

  it('refuse within 2 s once a part is known to be gone', () => {
    const refused = { code: 'GW_008', kind: 'fail' } as const;
    expect(violations({ ...refused, endedAtMs: 11_900 })).toEqual([]);
    const late = { ...refused, code: 'BILL_002', endedAtMs: 12_100 };
    expect(violations(late)).toHaveLength(1);
    // Just gone: nobody can know it yet.
    expect(violations({ ...refused, startedAtMs: 1_000, endedAtMs: 9_000 })).toEqual([]);
  });

  it('may let one request a second of an application wait, as the probe of its breaker', () => {
    const late = [10_000, 11_000, 11_200].map((startedAtMs) =>
      ended({ code: 'GW_008', kind: 'fail', startedAtMs, endedAtMs: startedAtMs + 10_000 }),
    );
    const found = answerViolations(late, { codes: [], windows: [GONE], patience: 1 });
    expect(found).toHaveLength(1);
  });

  it('refuse a message with an idempotency key within its time', () => {
    const refused = { code: 'BILL_002', kind: 'fail', isKeyed: true } as const;
    expect(violations({ ...refused, endedAtMs: 20_000 })).toEqual([]);
    expect(violations({ ...refused, endedAtMs: 22_100 })).toHaveLength(1);
  });
});

describe('the longest stall', () => {
  it('is that of the application that waits longest, while others go on', () => {
    const busy = [100, 200, 300, 400, 500].map((endedAtMs) => ended({ endedAtMs }));
    const stalled = [50, 450].map((endedAtMs) => ended({ appId: 'two', endedAtMs }));
    expect(longestStallMs(busy, 0, 500)).toBe(100);
    expect(longestStallMs([...busy, ...stalled], 0, 500)).toBe(400);
  });

  it('counts refusals as nothing, and the time up to the end', () => {
    const answers = [
      ended({ endedAtMs: 100 }),
      ended({ endedAtMs: 300, kind: 'fail', code: 'GW_008' }),
    ];
    expect(longestStallMs(answers, 0, 1_000)).toBe(900);
  });
});
