import { DeliveryLanes } from './delivery-lanes';
import { FIRST_LANE, REPLAY_LANE, RETRY_LANE, type Job } from './job';

let count = 0;
const aJob = (more: Partial<Job> = {}): Job => {
  count += 1;
  return {
    deliveryId: `d${count}`,
    claimId: 'c',
    eventAtMs: 0,
    eventId: `e${count}`,
    endpointId: 'one',
    orgId: 'org',
    messageId: null,
    orderKey: `k${count}`,
    lane: FIRST_LANE,
    failures: 0,
    attempt: 1,
    payload: Buffer.alloc(10),
    revision: 1,
    bornAtMs: 0,
    takenAtMs: 0,
    isSuspect: false,
    ...more,
  };
};

const someLanes = (limits: Partial<ConstructorParameters<typeof DeliveryLanes>[0]> = {}) =>
  new DeliveryLanes({
    slotsMax: 200,
    endpoint: { concurrencyMax: 20, ratePerSecond: 10_000 },
    queuedMax: 10_000,
    queuedBytesMax: 1_000_000,
    ...limits,
  });

const fill = (lanes: DeliveryLanes, jobs: number, more: Partial<Job>): void => {
  for (let index = 0; index < jobs; index += 1) lanes.add(aJob(more), 0);
};

const startAll = (lanes: DeliveryLanes, nowMs = 0): Job[] => {
  const started: Job[] = [];
  for (let job = lanes.next(nowMs); job; job = lanes.next(nowMs)) started.push(job);
  return started;
};

describe('the lanes of deliveries', () => {
  it('go round and round over the endpoints', () => {
    const lanes = someLanes();
    fill(lanes, 3, { endpointId: 'one' });
    fill(lanes, 2, { endpointId: 'two' });
    const order = startAll(lanes).map(({ endpointId }) => endpointId);
    expect(order).toEqual(['one', 'two', 'one', 'two', 'one']);
  });

  it('give an endpoint that answers more calls at once, and one that times out only one', () => {
    const lanes = someLanes();
    fill(lanes, 200, {});
    let running = startAll(lanes);
    expect(running).toHaveLength(4);
    for (let round = 0; round < 5; round += 1) {
      for (const job of running) lanes.ended(job, 'success');
      running = startAll(lanes);
    }
    expect(running).toHaveLength(20);
    for (const job of running) lanes.ended(job, 'timeout');
    expect(startAll(lanes)).toHaveLength(1);
  });

  it('case 62: an endpoint that hangs with all its room leaves the slots of others alone', () => {
    const lanes = someLanes();
    fill(lanes, 5_000, { endpointId: 'dead', orgId: 'a' });
    startAll(lanes);
    const fresh = aJob({ endpointId: 'well', orgId: 'b' });
    lanes.add(fresh, 0);
    expect(startAll(lanes)).toEqual([fresh]);
  });

  it('case 63: 100 dead endpoints of one organization hold a quarter of the slots', () => {
    const lanes = someLanes();
    for (let endpoint = 0; endpoint < 100; endpoint += 1) {
      fill(lanes, 10, { endpointId: `dead${endpoint}`, orgId: 'a' });
    }
    expect(startAll(lanes)).toHaveLength(50);
    const fresh = aJob({ endpointId: 'well', orgId: 'b' });
    lanes.add(fresh, 0);
    expect(startAll(lanes)).toEqual([fresh]);
  });

  it('case 64: retries fill half of the slots at most, and first attempts go before them', () => {
    const lanes = someLanes();
    for (let endpoint = 0; endpoint < 100; endpoint += 1) {
      const orgId = `org${endpoint}`;
      const more = { endpointId: `retry${endpoint}`, orgId, lane: RETRY_LANE } as const;
      fill(lanes, 10, more);
    }
    expect(startAll(lanes)).toHaveLength(100);
    lanes.add(aJob({ endpointId: 'retry0', orgId: 'other', lane: FIRST_LANE }), 0);
    fill(lanes, 1, { endpointId: 'fresh', orgId: 'fresh' });
    expect(startAll(lanes).map(({ lane }) => lane)).toContain(FIRST_LANE);
    const both = someLanes();
    both.add(aJob({ lane: RETRY_LANE }), 0);
    both.add(aJob({ lane: FIRST_LANE }), 0);
    expect(startAll(both).map(({ lane }) => lane)).toEqual([FIRST_LANE, RETRY_LANE]);
  });

  it('case 65: 10 a second of a burst of 1,000, in no second more, none lost', () => {
    const lanes = someLanes({ endpoint: { concurrencyMax: 20, ratePerSecond: 10 } });
    fill(lanes, 1_000, {});
    const startedAtMs: number[] = [];
    for (let nowMs = 0; startedAtMs.length < 1_000;) {
      for (const job of startAll(lanes, nowMs)) {
        startedAtMs.push(nowMs);
        lanes.ended(job, 'success');
      }
      nowMs = lanes.wakeAtMs === Infinity ? nowMs + 1 : Math.max(nowMs + 1, lanes.wakeAtMs);
    }
    for (const [index, atMs] of startedAtMs.entries()) {
      const inSecond = startedAtMs.slice(index).filter((each) => each < atMs + 1_000).length;
      expect(inSecond).toBeLessThanOrEqual(11);
    }
    expect(startedAtMs.at(-1)).toBeLessThan(101_000);
    expect(lanes.queued).toBe(0);
  });

  it('gives replays a fifth of the rate', () => {
    const lanes = someLanes({ endpoint: { concurrencyMax: 20, ratePerSecond: 100 } });
    fill(lanes, 1_000, { lane: REPLAY_LANE });
    let started = 0;
    for (let nowMs = 0; nowMs < 10_000; nowMs += 10) {
      for (const job of startAll(lanes, nowMs)) {
        started += 1;
        lanes.ended(job, 'success');
      }
    }
    expect(started).toBeGreaterThan(150);
    expect(started).toBeLessThanOrEqual(210);
  });

  it('sends one of a message at a time, in order', () => {
    const lanes = someLanes();
    const [sent, delivered] = [aJob({ orderKey: 'm' }), aJob({ orderKey: 'm' })];
    const other = aJob();
    for (const job of [sent, delivered, other]) lanes.add(job, 0);
    expect(startAll(lanes)).toEqual([sent, other]);
    lanes.ended(sent, 'failure');
    expect(startAll(lanes)).toEqual([delivered]);
  });

  it('counts what it holds, also of what is taken out', () => {
    const lanes = someLanes({ queuedMax: 10, queuedBytesMax: 100 });
    fill(lanes, 6, { takenAtMs: 1 });
    fill(lanes, 2, { endpointId: 'two', takenAtMs: 9 });
    expect(lanes.room).toEqual({ jobs: 2, bytes: 20 });
    expect(lanes.removeTakenBefore(5)).toHaveLength(6);
    expect(lanes.removeOf('two')).toHaveLength(2);
    expect(lanes.room).toEqual({ jobs: 10, bytes: 100 });
    expect(lanes.next(0)).toBeNull();
  });

  it('give back with one that waits too long what is behind it of the same message', () => {
    const lanes = someLanes({ endpoint: { concurrencyMax: 1, ratePerSecond: 10_000 } });
    const running = aJob({ takenAtMs: 0 });
    const sent = aJob({ orderKey: 'message', takenAtMs: 1_000 });
    const delivered = aJob({ orderKey: 'message', takenAtMs: 4_000 });
    const other = aJob({ takenAtMs: 4_000 });
    for (const job of [running, sent, delivered, other]) lanes.add(job, 0);
    expect(startAll(lanes)).toEqual([running]);
    expect(lanes.removeTakenBefore(2_000)).toEqual([sent, delivered]);
    lanes.ended(running, 'success');
    expect(startAll(lanes)).toEqual([other]);
  });

  it('give back with one that is not sent after all what is behind it of the same message', () => {
    const lanes = someLanes();
    const sent = aJob({ orderKey: 'message' });
    const delivered = aJob({ orderKey: 'message' });
    const elsewhere = aJob({ orderKey: 'message', endpointId: 'two' });
    for (const job of [sent, delivered, elsewhere]) lanes.add(job, 0);
    expect(startAll(lanes)).toEqual([sent, elsewhere]);
    expect(lanes.removeBehind(sent)).toEqual([delivered]);
    lanes.ended(sent, 'none');
    expect(startAll(lanes)).toEqual([]);
    expect(lanes.queued).toBe(0);
  });
});
