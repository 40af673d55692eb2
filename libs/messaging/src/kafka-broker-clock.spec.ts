import fc from 'fast-check';
import { KafkaBrokerClock } from './kafka-broker-clock';

describe("the broker's clock", () => {
  it('tells whole milliseconds, whatever the stamps were', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(500), fc.nat(500), (stampMs, sentAtMs, roundTripMs) => {
        const clock = new KafkaBrokerClock();
        clock.observe(stampMs, sentAtMs, sentAtMs + roundTripMs);
        expect(Number.isInteger(clock.offsetMs)).toBe(true);
        expect(Number.isInteger(clock.nowMs())).toBe(true);
      }),
    );
  });

  it('takes the sample with the shortest way', () => {
    const clock = new KafkaBrokerClock();
    clock.observe(5_000, 1_000, 3_000);
    expect(clock.offsetMs).toBe(3_000);
    clock.observe(5_100, 2_000, 2_002);
    expect(clock.offsetMs).toBe(3_099);
  });
});
