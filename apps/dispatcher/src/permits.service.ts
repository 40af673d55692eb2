import type { BrokerClock } from '@gateway/messaging';
import { metrics } from '@gateway/platform';
import { PhoneNumberLane, type Drained, type LaneSettings } from './domain/phone-number-lane';
import type { OutgoingMessage } from './outgoing-message';

export interface PermitsOptions {
  readonly lane: LaneSettings;
  /** Concurrent calls of this process. */
  readonly callsMax: number;
  readonly appInFlightMax: number;
  readonly brokerClock: BrokerClock;
}

/** A number gets at most this part of the calls that are still free, so that a few hanging ones leave room for all. */
const FREE_SHARE = 0.25;
/** And at least so many, however many others hang. */
const CALLS_MIN = 4;
/** Lanes are kept for what they have learned, up to a bound. */
const LANES_MAX = 20_000;

const refusedHere = metrics.counter({
  name: 'gw_dispatcher_refused_total',
  help: 'Messages refused before a call to Meta, by what was used up.',
  labels: ['limit'],
});

/** Who may call Meta: one lane for each phone number, a bound for each application, a fair share of all calls. */
export class PermitsService {
  private readonly lanes = new Map<string, PhoneNumberLane<OutgoingMessage>>();
  private readonly waiting = new Set<PhoneNumberLane<OutgoingMessage>>();
  private readonly inFlightByApp = new Map<string, number>();
  private callsRunning = 0;

  constructor(private readonly options: PermitsOptions) {}

  /** Counts a message of an application; false when it has its bound in flight already. */
  enter(appId: string): boolean {
    const count = this.inFlightByApp.get(appId) ?? 0;
    this.inFlightByApp.set(appId, count + 1);
    if (count < this.options.appInFlightMax) return true;
    refusedHere.inc({ limit: 'app' });
    return false;
  }

  leave(appId: string): void {
    const count = (this.inFlightByApp.get(appId) ?? 1) - 1;
    if (count === 0) this.inFlightByApp.delete(appId);
    else this.inFlightByApp.set(appId, count);
  }

  /**
   * Asks for a permit of the message's phone number.
   *
   * @returns `granted`: give it back with `release`; `queued`: it comes out of `drain`
   */
  ask(message: OutgoingMessage, phoneNumberId: string): 'granted' | 'queued' | 'refused' {
    const lane = this.laneOf(phoneNumberId);
    const nowMs = this.options.brokerClock.nowMs();
    const answer = lane.ask(message, message.deadlineMs, nowMs, this.share());
    if (answer === 'granted') this.grant(message, lane);
    else if (answer === 'queued') this.waiting.add(lane);
    else refusedHere.inc({ limit: 'number' });
    return answer;
  }

  /** Those whose turn it is now, with their permit, and those who have waited too long. */
  drain(): Drained<OutgoingMessage> {
    const granted: OutgoingMessage[] = [];
    const refused: OutgoingMessage[] = [];
    const nowMs = this.options.brokerClock.nowMs();
    for (const lane of this.waiting) {
      const drained = lane.drain(nowMs, this.share());
      for (const message of drained.granted) {
        this.grant(message, lane);
        granted.push(message);
      }
      for (const message of drained.refused) refused.push(message);
      if (lane.waitingCount === 0) this.waiting.delete(lane);
    }
    if (refused.length > 0) refusedHere.inc({ limit: 'number' }, refused.length);
    return { granted, refused };
  }

  get hasWaiting(): boolean {
    return this.waiting.size > 0;
  }

  /** Gives the message's permit back, if it holds one; `wasUsed`: a call was made with it. */
  release(message: OutgoingMessage, wasUsed: boolean): void {
    if (!message.lane) return;
    message.lane.release(this.options.brokerClock.nowMs(), wasUsed);
    message.lane = null;
    this.callsRunning -= 1;
  }

  /** Meta said that the number is over its throughput. */
  throttled(phoneNumberId: string): void {
    this.laneOf(phoneNumberId).throttled(this.options.brokerClock.nowMs());
  }

  /** Whole seconds after which a refused message has a chance. */
  retryAfterSeconds(phoneNumberId: string): number {
    return this.laneOf(phoneNumberId).retryAfterSeconds(this.options.brokerClock.nowMs());
  }

  private grant(message: OutgoingMessage, lane: PhoneNumberLane<OutgoingMessage>): void {
    message.lane = lane;
    this.callsRunning += 1;
  }

  private share(): number {
    const free = Math.max(0, this.options.callsMax - this.callsRunning);
    return Math.max(CALLS_MIN, Math.floor(free * FREE_SHARE));
  }

  private laneOf(phoneNumberId: string): PhoneNumberLane<OutgoingMessage> {
    let lane = this.lanes.get(phoneNumberId);
    if (!lane) {
      if (this.lanes.size >= LANES_MAX) this.forgetIdle();
      lane = new PhoneNumberLane(this.options.lane);
      this.lanes.set(phoneNumberId, lane);
    }
    return lane;
  }

  private forgetIdle(): void {
    for (const [phoneNumberId, lane] of this.lanes) {
      if (lane.isIdle) this.lanes.delete(phoneNumberId);
    }
  }
}
