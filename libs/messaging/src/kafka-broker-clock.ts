import { metrics } from '@gateway/platform';
import type { BrokerClock } from './types';

const offsetGauge = metrics.gauge({
  name: 'gw_broker_clock_offset_seconds',
  help: "Broker's time minus local time, from the stamps in produce answers.",
});

/** A sample is trusted this long: clocks drift, and are stepped. */
const SAMPLE_AGE_MS_MAX = 30_000;

/**
 * The broker's time, learned from the stamp that a produce answer carries: made somewhere between sending and
 * receiving, so the sample with the shortest way is the best one.
 */
export class KafkaBrokerClock implements BrokerClock {
  private offset = 0;
  private roundTripMs = Number.POSITIVE_INFINITY;
  private sampledAtMs = 0;

  get offsetMs(): number {
    return this.offset;
  }

  nowMs(): number {
    return Date.now() + this.offset;
  }

  observe(stampMs: number, sentAtMs: number, receivedAtMs: number): void {
    const roundTripMs = receivedAtMs - sentAtMs;
    // The clock of this machine was set back in between.
    if (roundTripMs < 0) return;
    const low = stampMs - receivedAtMs;
    const high = stampMs - sentAtMs;
    // Stamps are whole milliseconds: one of them is within the error of reading.
    const agrees = this.offset >= low - 1 && this.offset <= high + 1;
    const isOld = receivedAtMs - this.sampledAtMs > SAMPLE_AGE_MS_MAX;
    if (agrees && !isOld && roundTripMs >= this.roundTripMs) return;
    // Whole milliseconds, as every time that is compared or sent is.
    this.offset = Math.round((low + high) / 2);
    this.roundTripMs = roundTripMs;
    this.sampledAtMs = receivedAtMs;
    offsetGauge.set(this.offset / 1_000);
  }
}
