import { DeliveryLanes } from './delivery-lanes';
import { FIRST_LANE, REPLAY_LANE, type Job, type Lane } from './job';

/** As the service has them. */
const LIMITS = {
  slotsMax: 512,
  endpoint: { concurrencyMax: 20, ratePerSecond: 1_000 },
  queuedMax: 4_000,
  queuedBytesMax: 64 * 1_024 * 1_024,
};
const ROOM_OF_UNKNOWN = 40;
/** Between two looks into the schedule. */
const CLAIM_INTERVAL_MS = 20;
const TIMEOUT_MS = 5_000;

interface Source {
  readonly endpointId: string;
  readonly lane: Lane;
  readonly count: number;
  /** When each of them is due. */
  readonly dueMs: (index: number) => number;
  /** How long its receiver takes; null: it hangs, and each call ends by its timeout. */
  readonly answerMs: number | null;
}

interface Event {
  readonly atMs: number;
  readonly run: () => void;
}

/** Deliveries in virtual time: the schedule, the lanes over it, and receivers that take their time. */
class VirtualDeliveries {
  /** From due to the start of the call, of each source. */
  readonly waits = new Map<Source, number[]>();
  private readonly lanes = new DeliveryLanes(LIMITS);
  private readonly sourceOf = new Map<Job, { source: Source; dueMs: number }>();
  private readonly taken = new Map<Source, number>();
  private events: Event[] = [];
  private nowMs = 0;
  /** The one time at which it looks again because a rate allows more. */
  private wakeAtMs = Infinity;

  constructor(private readonly sources: readonly Source[]) {
    for (const source of sources) this.waits.set(source, []);
  }

  run(untilMs: number): void {
    this.after(0, this.claim);
    while (this.nowMs < untilMs) {
      const next = this.events.shift();
      if (!next) return;
      this.nowMs = next.atMs;
      next.run();
    }
  }

  private after(delayMs: number, run: () => void): void {
    const atMs = this.nowMs + delayMs;
    const place = this.events.findIndex((event) => event.atMs > atMs);
    this.events.splice(place < 0 ? this.events.length : place, 0, { atMs, run });
  }

  private readonly claim = (): void => {
    for (const source of this.sources) {
      const { endpointId, lane, count, dueMs } = source;
      let room = this.lanes.roomOf(endpointId) ?? ROOM_OF_UNKNOWN;
      for (let index = this.taken.get(source) ?? 0; index < count && room > 0; index += 1) {
        if (dueMs(index) > this.nowMs) break;
        const job = aJob(`${endpointId} ${lane} ${index}`, endpointId, lane);
        this.sourceOf.set(job, { source, dueMs: dueMs(index) });
        this.lanes.add(job, this.nowMs);
        this.taken.set(source, index + 1);
        room -= 1;
      }
    }
    this.pump();
    this.after(CLAIM_INTERVAL_MS, this.claim);
  };

  private pump(): void {
    for (let job = this.lanes.next(this.nowMs); job; job = this.lanes.next(this.nowMs)) {
      this.start(job);
    }
    const { wakeAtMs } = this.lanes;
    if (wakeAtMs >= this.wakeAtMs) return;
    this.wakeAtMs = wakeAtMs;
    this.after(Math.max(1, wakeAtMs - this.nowMs), () => {
      this.wakeAtMs = Infinity;
      this.pump();
    });
  }

  private start(job: Job): void {
    const known = this.sourceOf.get(job);
    if (!known) throw new Error('a job of nobody');
    const { source, dueMs } = known;
    this.waits.get(source)?.push(this.nowMs - dueMs);
    this.after(source.answerMs ?? TIMEOUT_MS, () => {
      this.lanes.ended(job, source.answerMs === null ? 'timeout' : 'success');
      this.pump();
    });
  }
}

const aJob = (name: string, endpointId: string, lane: Lane): Job => ({
  deliveryId: name,
  claimId: 'claim',
  eventAtMs: 0,
  eventId: name,
  endpointId,
  orgId: endpointId,
  messageId: null,
  orderKey: name,
  lane,
  failures: 0,
  attempt: 1,
  payload: Buffer.alloc(600),
  revision: 1,
  bornAtMs: 0,
  takenAtMs: 0,
  isSuspect: false,
});

const p99 = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length * 0.99)] ?? Number.NaN;

describe('the lanes of deliveries, in virtual time', () => {
  it("case 62: 10,000 events for an endpoint that hangs, and another tenant's p99 to the first attempt is below 1 s", () => {
    const dead: Source = {
      endpointId: 'dead',
      lane: FIRST_LANE,
      count: 10_000,
      dueMs: () => 0,
      answerMs: null,
    };
    const live: Source = {
      endpointId: 'live',
      lane: FIRST_LANE,
      count: 6_000,
      dueMs: (index) => index * 10,
      answerMs: 50,
    };
    const deliveries = new VirtualDeliveries([dead, live]);
    deliveries.run(61_000);
    const waits = deliveries.waits.get(live) ?? [];
    expect(waits).toHaveLength(6_000);
    expect(p99(waits)).toBeLessThan(1_000);
    // It got its first four, and then one at a time.
    expect(deliveries.waits.get(dead)?.length).toBeLessThanOrEqual(4 + 61_000 / TIMEOUT_MS);
  });

  it.each([20, 100, 400])(
    'case 74: a replay of 50,000 makes the p99 of live events, answered within %i ms, at most a tenth longer',
    (answerMs) => {
      const live: Source = {
        endpointId: 'one',
        lane: FIRST_LANE,
        count: 2_000,
        dueMs: (index) => 10_000 + index * (answerMs < 400 ? 10 : 40),
        answerMs,
      };
      const replay: Source = {
        endpointId: 'one',
        lane: REPLAY_LANE,
        count: 50_000,
        dueMs: () => 10_000,
        answerMs,
      };
      const [alone, beside] = [[live], [live, replay]].map((sources) => {
        const deliveries = new VirtualDeliveries(sources);
        deliveries.run(100_000);
        const waits = deliveries.waits.get(live) ?? [];
        expect(waits).toHaveLength(2_000);
        return { p99Ms: p99(waits) + answerMs, replayed: deliveries.waits.get(replay)?.length };
      });
      expect(beside?.p99Ms).toBeLessThanOrEqual(1.1 * (alone?.p99Ms ?? 0));
      // At a fifth of the endpoint's rate, and less where its receiver is too slow for that.
      expect(beside?.replayed).toBeGreaterThan(500);
    },
  );
});
