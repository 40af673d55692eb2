import * as fc from 'fast-check';
import { PhoneNumberLane } from './phone-number-lane';

const SETTINGS = { ratePerSecond: 80, callsMax: 10, waitMsMax: 1_000 };
const MANY = 1_000;
const FAR = Number.MAX_SAFE_INTEGER;

describe('a lane', () => {
  it('never runs more calls than its cap or its share, and loses none', () => {
    const step = fc.oneof(
      fc.constant('ask' as const),
      fc.constant('end' as const),
      fc.constant('unused' as const),
      fc.integer({ min: 1, max: 400 }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 200 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, share) => {
          const lane = new PhoneNumberLane<number>(SETTINGS);
          let nowMs = 0;
          let asked = 0;
          let running = 0;
          let done = 0;
          const queued = new Set<number>();
          const drain = () => {
            const { granted, refused } = lane.drain(nowMs, share);
            for (const item of [...granted, ...refused]) expect(queued.delete(item)).toBe(true);
            running += granted.length;
            done += refused.length;
          };
          for (const each of steps) {
            if (each === 'ask') {
              const answer = lane.ask(asked, FAR, nowMs, share);
              if (answer === 'granted') running += 1;
              else if (answer === 'queued') queued.add(asked);
              else done += 1;
              asked += 1;
            } else if (typeof each === 'number') nowMs += each;
            else if (running > 0) {
              lane.release(nowMs, each === 'end');
              running -= 1;
              done += 1;
            }
            drain();
            expect(lane.callsRunning).toBe(running);
            expect(running).toBeLessThanOrEqual(Math.min(SETTINGS.callsMax, share));
            expect(running + queued.size + done).toBe(asked);
          }
          nowMs += SETTINGS.waitMsMax + 1;
          drain();
          expect(queued.size).toBe(0);
        },
      ),
    );
  });

  it('grants no more than its bucket and its rate', () => {
    const lane = new PhoneNumberLane<number>({ ...SETTINGS, callsMax: 10_000 });
    let granted = 0;
    for (let nowMs = 0; nowMs < 5_000; nowMs += 5) {
      if (lane.ask(nowMs, FAR, nowMs, 10_000) === 'granted') granted += 1;
      granted += lane.drain(nowMs, 10_000).granted.length;
    }
    expect(granted).toBeGreaterThanOrEqual(80 * 5);
    expect(granted).toBeLessThanOrEqual(80 + 80 * 5);
  });

  it('refuses at once what would wait longer than a second, or past its own time', () => {
    const lane = new PhoneNumberLane<number>({ ...SETTINGS, callsMax: MANY });
    for (let item = 0; item < 80; item += 1) expect(lane.ask(item, FAR, 0, MANY)).toBe('granted');
    expect(lane.ask(80, 5, 0, MANY)).toBe('refused');
    const answers = Array.from({ length: 200 }, (_, item) => lane.ask(item, FAR, 0, MANY));
    expect(answers.filter((answer) => answer === 'queued').length).toBe(80);
    expect(answers.at(-1)).toBe('refused');
  });

  it('hands waiting messages out in their order', () => {
    const lane = new PhoneNumberLane<number>({ ...SETTINGS, callsMax: 1 });
    expect(lane.ask(0, FAR, 0, MANY)).toBe('granted');
    for (const item of [1, 2, 3]) expect(lane.ask(item, FAR, 10, MANY)).toBe('queued');
    const order: number[] = [];
    for (const nowMs of [20, 30, 40]) {
      lane.release(nowMs, true);
      order.push(...lane.drain(nowMs, MANY).granted);
    }
    expect(order).toEqual([1, 2, 3]);
  });

  it('that hangs refuses everything until a call ends', () => {
    const lane = new PhoneNumberLane<number>({ ...SETTINGS, callsMax: 2 });
    lane.ask(0, FAR, 0, MANY);
    lane.ask(1, FAR, 0, MANY);
    expect(lane.ask(2, FAR, 500, MANY)).toBe('queued');
    expect(lane.drain(1_501, MANY)).toEqual({ granted: [], refused: [2] });
    expect(lane.ask(3, FAR, 1_501, MANY)).toBe('refused');
    lane.release(1_502, true);
    expect(lane.ask(4, FAR, 1_503, MANY)).toBe('granted');
  });

  it('takes a burst after quiet traffic, whose calls ended only as often as messages came', () => {
    const lane = new PhoneNumberLane<number>({ ...SETTINGS, ratePerSecond: MANY });
    lane.ask(0, FAR, 0, MANY);
    for (let item = 1; item <= 100; item += 1) {
      expect(lane.ask(item, FAR, item * 40, MANY)).toBe('granted');
      lane.release(item * 40 + 20, true);
    }
    const burst = Array.from({ length: 60 }, (_, item) => lane.ask(item, FAR, 4_040, MANY));
    expect(burst).not.toContain('refused');
  });

  it('gives the token back of a permit that was not used', () => {
    const lane = new PhoneNumberLane<number>({ ratePerSecond: 1, callsMax: 5, waitMsMax: 0 });
    expect(lane.ask(0, FAR, 0, MANY)).toBe('granted');
    expect(lane.ask(1, FAR, 0, MANY)).toBe('refused');
    lane.release(0, false);
    expect(lane.ask(2, FAR, 0, MANY)).toBe('granted');
  });

  it('holds everything back after a throttle and says for how long', () => {
    const lane = new PhoneNumberLane<number>(SETTINGS);
    lane.ask(0, FAR, 0, MANY);
    lane.throttled(0);
    lane.release(0, true);
    expect(lane.ask(1, FAR, 0, MANY)).toBe('refused');
    expect(lane.retryAfterSeconds(0)).toBe(1);
    expect(lane.drain(1_000, MANY)).toEqual({ granted: [], refused: [] });
    expect(lane.ratePerSecond).toBeLessThan(80);
  });
});
