import fc from 'fast-check';
import { BatchRunner, type HandledTopic, type RunnerEvents } from './batch-runner';
import { InvalidRecordError } from './failure';
import type { Batch, BatchHandlerOptions, InboundRecord } from './types';

const silent: RunnerEvents = {
  called: () => undefined,
  retried: () => undefined,
  deadLettered: () => undefined,
  journeyNotEnded: () => undefined,
};

interface Setup {
  readonly options?: Partial<BatchHandlerOptions>;
  readonly handle: (batch: Batch) => Promise<void>;
  readonly endJourney?: (record: InboundRecord) => Promise<void>;
}

/** A runner with the transport's side of it written down. */
function setUp({ options, handle, endJourney }: Setup) {
  const positions = new Map<number, bigint>();
  const deadLetters: { offset: bigint; reason: string }[] = [];
  const fatal: unknown[] = [];
  const order: string[] = [];
  const handled: HandledTopic = {
    topic: 'message.admitted.v1',
    options: {
      group: 'billing-hold',
      concurrency: 1,
      recordsMax: 100,
      inFlightMax: 1_000,
      ...options,
    },
    handle,
    ...(endJourney && {
      endJourney: (record: InboundRecord) => {
        order.push(`journey ${record.offset.toString()}`);
        return endJourney(record);
      },
    }),
  };
  const runner: BatchRunner = new BatchRunner(
    handled,
    {
      deadLetter: (_group, record, reason) => {
        order.push(`dead letter ${record.offset.toString()}`);
        deadLetters.push({ offset: record.offset, reason });
        return Promise.resolve();
      },
      onFinished: (partition, position) => {
        positions.set(partition, position);
        runner.confirm(partition, position);
      },
      onFatal: (error) => {
        fatal.push(error);
      },
    },
    silent,
  );
  return { runner, positions, deadLetters, fatal, order };
}

const record = (offset: number, partition = 0): InboundRecord => ({
  topic: 'message.admitted.v1',
  partition,
  offset: BigInt(offset),
  timestampMs: offset,
  key: 'key',
  value: null,
  headers: {},
});

const records = (count: number, partition = 0, first = 0): InboundRecord[] =>
  Array.from({ length: count }, (_, index) => record(first + index, partition));

/** A promise that the test settles, with a promise for the moment somebody waits on it. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const ticks = async (count = 5): Promise<void> => {
  for (let index = 0; index < count; index += 1) await new Promise(setImmediate);
};

const sizesOf = (batches: readonly Batch[]): number[] =>
  batches.map((batch) => batch.records.length);

describe('runner: group commit over partitions', () => {
  it('makes one call of everything that came in one tick, over all partitions', async () => {
    const batches: Batch[] = [];
    const { runner, positions } = setUp({
      handle: (batch) => {
        batches.push(batch);
        return Promise.resolve();
      },
    });
    void runner.push(records(3, 0));
    void runner.push(records(2, 1));
    expect(batches).toHaveLength(0);
    await runner.idle();
    expect(sizesOf(batches)).toEqual([5]);
    expect(positions).toEqual(
      new Map([
        [0, 3n],
        [1, 2n],
      ]),
    );
  });

  it('gathers while calls run, never more at once than allowed, never more records than allowed', async () => {
    const gates = [gate(), gate(), gate(), gate()];
    const batches: Batch[] = [];
    const { runner } = setUp({
      options: { concurrency: 2, recordsMax: 4 },
      handle: (batch) => {
        batches.push(batch);
        return gates[batches.length - 1]?.opened ?? Promise.resolve();
      },
    });
    void runner.push(records(1));
    await ticks();
    void runner.push(records(1, 0, 1));
    await ticks();
    void runner.push(records(3, 0, 2));
    void runner.push(records(3, 0, 5));
    await ticks();
    expect(sizesOf(batches)).toEqual([1, 1]);
    gates[0]?.open();
    await ticks();
    expect(sizesOf(batches)).toEqual([1, 1, 4]);
    for (const each of gates) each.open();
    await runner.idle();
    expect(sizesOf(batches)).toEqual([1, 1, 4, 2]);
  });

  it('with a rest gathers for longer after a large call, which has ended all the same', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const batches: Batch[] = [];
    const { runner, positions } = setUp({
      options: { restMs: 5 },
      handle: (batch) => {
        batches.push(batch);
        return Promise.resolve();
      },
    });
    void runner.push(records(15));
    await ticks();
    void runner.push(records(16, 0, 15));
    await ticks();
    void runner.push(records(2, 0, 31));
    await ticks();
    expect(sizesOf(batches)).toEqual([15, 16]);
    expect(positions).toEqual(new Map([[0, 31n]]));
    jest.advanceTimersByTime(4);
    void runner.push(records(1, 0, 33));
    await ticks();
    expect(sizesOf(batches)).toEqual([15, 16]);
    jest.advanceTimersByTime(1);
    await runner.idle();
    expect(sizesOf(batches)).toEqual([15, 16, 3]);
    jest.useRealTimers();
  });

  it('commits contiguously: a finished call behind a running one moves no mark', async () => {
    const first = gate();
    let calls = 0;
    const { runner, positions } = setUp({
      options: { concurrency: 2, recordsMax: 2 },
      handle: () => {
        calls += 1;
        return calls === 1 ? first.opened : Promise.resolve();
      },
    });
    void runner.push(records(4));
    await ticks();
    expect(calls).toBe(2);
    expect(positions.size).toBe(0);
    first.open();
    await runner.idle();
    expect(positions.get(0)).toBe(4n);
  });

  it('pushes back at the bound, deferred records counted, and hands the handler no more than that', async () => {
    const deferred = gate();
    let handedOver = 0;
    const { runner } = setUp({
      options: { inFlightMax: 10, recordsMax: 4, concurrency: 3 },
      handle: (batch) => {
        handedOver += batch.records.length;
        for (const each of batch.records) batch.defer(each, deferred.opened);
        return Promise.resolve();
      },
    });
    expect(runner.push(records(9))).toBeUndefined();
    const room = runner.push(records(20, 0, 9));
    let hasRoom = false;
    void room?.then(() => {
      hasRoom = true;
    });
    await ticks();
    expect(room).toBeInstanceOf(Promise);
    expect(handedOver).toBe(10);
    expect(hasRoom).toBe(false);
    expect(runner.inFlight).toBe(29);
    deferred.open();
    await runner.idle();
    expect(hasRoom).toBe(true);
    expect(handedOver).toBe(29);
  });

  it('tells the stamp of the oldest unfinished record', async () => {
    const first = gate();
    const { runner } = setUp({ handle: () => first.opened });
    expect(runner.oldestTimestampMs).toBeUndefined();
    void runner.push(records(3, 0, 40));
    void runner.push(records(3, 1, 30));
    expect(runner.oldestTimestampMs).toBe(30);
    first.open();
    await runner.idle();
    expect(runner.oldestTimestampMs).toBeUndefined();
  });
});

describe('runner: what a handler defers, rejects and waits for', () => {
  it('commits a deferred record, and those behind it, only when its work settles', async () => {
    const work = gate();
    const { runner, positions } = setUp({
      handle: (batch) => {
        const [, second] = batch.records;
        if (second) batch.defer(second, work.opened);
        return Promise.resolve();
      },
    });
    void runner.push(records(3));
    await ticks();
    expect(positions.get(0)).toBe(1n);
    work.open();
    await runner.idle();
    expect(positions.get(0)).toBe(3n);
  });

  it('tells that a record is committed only once those before it are finished', async () => {
    const work = gate();
    const committed: bigint[] = [];
    const { runner } = setUp({
      handle: (batch) => {
        for (const each of batch.records) {
          void batch.committed(each).then(() => committed.push(each.offset));
        }
        const [, second] = batch.records;
        if (second) batch.defer(second, work.opened);
        return Promise.resolve();
      },
    });
    void runner.push(records(3));
    await ticks();
    expect(committed).toEqual([0n]);
    work.open();
    await runner.idle();
    await ticks(1);
    expect(committed).toEqual([0n, 1n, 2n]);
  });

  it('sends a rejected record to the dead letter, after its journey ended, and finishes it', async () => {
    const { runner, positions, deadLetters, order } = setUp({
      handle: (batch) => {
        const [, second] = batch.records;
        if (second) batch.reject(second, 'no journey');
        return Promise.resolve();
      },
      endJourney: () => Promise.resolve(),
    });
    void runner.push(records(3));
    await runner.idle();
    expect(deadLetters).toEqual([{ offset: 1n, reason: 'no journey' }]);
    expect(order).toEqual(['journey 1', 'dead letter 1']);
    expect(positions.get(0)).toBe(3n);
  });

  it('gives a deferred record to the handler again when a store was gone', async () => {
    const seen: bigint[] = [];
    let failures = 1;
    const { runner, positions, deadLetters } = setUp({
      handle: (batch) => {
        for (const each of batch.records) {
          seen.push(each.offset);
          const isFailing = each.offset === 1n && failures-- > 0;
          batch.defer(
            each,
            isFailing
              ? Promise.reject(Object.assign(new Error(), { code: 'ECONNRESET' }))
              : Promise.resolve(),
          );
        }
        return Promise.resolve();
      },
    });
    void runner.push(records(3));
    await runner.idle();
    expect(seen).toEqual([0n, 1n, 2n, 1n]);
    expect(deadLetters).toEqual([]);
    expect(positions.get(0)).toBe(3n);
  });

  it('sends a deferred record to the dead letter when its work failed for good', async () => {
    const { runner, deadLetters } = setUp({
      handle: (batch) => {
        for (const each of batch.records) batch.defer(each, Promise.reject(new TypeError('bug')));
        return Promise.resolve();
      },
    });
    void runner.push(records(2));
    await runner.idle();
    expect(deadLetters.map(({ reason }) => reason)).toEqual(['TypeError: bug', 'TypeError: bug']);
  });
});

describe('runner: failures', () => {
  it('isolates exactly the bad records by halves, whichever they are, and handles the others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.uniqueArray(fc.nat({ max: 39 }), { maxLength: 5 }),
        async (count, poison) => {
          const bad = new Set(poison.filter((offset) => offset < count).map(BigInt));
          const done = new Set<bigint>();
          const { runner, deadLetters, positions } = setUp({
            handle: (batch) => {
              if (batch.records.some(({ offset }) => bad.has(offset))) {
                return Promise.reject(new InvalidRecordError('poison'));
              }
              for (const { offset } of batch.records) done.add(offset);
              return Promise.resolve();
            },
          });
          void runner.push(records(count));
          await runner.idle();
          expect(new Set(deadLetters.map(({ offset }) => offset))).toEqual(bad);
          expect(deadLetters).toHaveLength(bad.size);
          expect(done.size).toBe(count - bad.size);
          expect(positions.get(0)).toBe(BigInt(count));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('calls with the same records again until the store is back, and loses none', async () => {
    const calls: number[] = [];
    const { runner, positions, deadLetters } = setUp({
      handle: (batch) => {
        calls.push(batch.records.length);
        return calls.length < 4
          ? Promise.reject(Object.assign(new Error(), { code: '40P01' }))
          : Promise.resolve();
      },
    });
    void runner.push(records(5));
    await runner.idle();
    expect(calls).toEqual([5, 5, 5, 5]);
    expect(positions.get(0)).toBe(5n);
    expect(deadLetters).toEqual([]);
  });

  it('does not give a record that was deferred before the failure to the handler twice', async () => {
    const seen: bigint[][] = [];
    const { runner, positions } = setUp({
      handle: (batch) => {
        seen.push(batch.records.map(({ offset }) => offset));
        const [first] = batch.records;
        if (seen.length > 1 || !first) return Promise.resolve();
        batch.defer(first, Promise.resolve());
        return Promise.reject(Object.assign(new Error(), { code: '08006' }));
      },
    });
    void runner.push(records(3));
    await runner.idle();
    expect(seen).toEqual([
      [0n, 1n, 2n],
      [1n, 2n],
    ]);
    expect(positions.get(0)).toBe(3n);
  });

  it('ends the journey before the dead letter, again while its store is gone, and writes the letter anyway', async () => {
    let attempts = 0;
    const { runner, order } = setUp({
      handle: () => Promise.reject(new InvalidRecordError('poison')),
      endJourney: (each) => {
        if (each.offset === 1n) return Promise.reject(new TypeError('bug'));
        attempts += 1;
        return attempts < 3
          ? Promise.reject(Object.assign(new Error(), { code: 'ECONNREFUSED' }))
          : Promise.resolve();
      },
    });
    void runner.push(records(2));
    await runner.idle();
    expect(order.filter((each) => each.endsWith('1'))).toEqual(['journey 1', 'dead letter 1']);
    expect(order.filter((each) => each.endsWith('0'))).toEqual([
      'journey 0',
      'journey 0',
      'journey 0',
      'dead letter 0',
    ]);
  });

  it('asks for the end of the process when the installation is wrong, and commits nothing', async () => {
    const error = Object.assign(new Error(), { code: '42P01' });
    const { runner, fatal, positions, deadLetters } = setUp({
      handle: () => Promise.reject(error),
    });
    void runner.push(records(2));
    await ticks();
    expect(fatal).toEqual([error]);
    expect(positions.size + deadLetters.length).toBe(0);
  });

  it('takes an exception thrown before the first await as any other', async () => {
    const { runner, deadLetters } = setUp({
      handle: () => {
        throw new RangeError('too deep');
      },
    });
    void runner.push(records(1));
    await runner.idle();
    expect(deadLetters).toEqual([{ offset: 0n, reason: 'RangeError: too deep' }]);
  });
});

describe('runner: partitions that come and go', () => {
  it('drops what is queued of a lost partition, and lets what runs finish without a mark', async () => {
    const first = gate();
    const batches: Batch[] = [];
    const { runner, positions } = setUp({
      options: { recordsMax: 2 },
      handle: (batch) => {
        batches.push(batch);
        return batches.length === 1 ? first.opened : Promise.resolve();
      },
    });
    void runner.push(records(2, 0));
    await ticks();
    void runner.push(records(2, 0, 2));
    void runner.push(records(2, 1));
    runner.revoke(0);
    first.open();
    await runner.idle();
    expect(positions).toEqual(new Map([[1, 2n]]));
    expect(sizesOf(batches)).toEqual([2, 2]);
  });

  it('takes a partition that comes back as a new one, from wherever it is read', async () => {
    const first = gate();
    let calls = 0;
    const { runner, positions } = setUp({
      options: { concurrency: 2 },
      handle: () => {
        calls += 1;
        return calls === 1 ? first.opened : Promise.resolve();
      },
    });
    void runner.push(records(3));
    await ticks();
    runner.revoke(0);
    void runner.push(records(2));
    await ticks();
    expect(positions.get(0)).toBe(2n);
    first.open();
    await runner.idle();
    expect(positions.get(0)).toBe(2n);
  });

  it('stops repeating the records of a lost partition', async () => {
    const seen: number[] = [];
    const { runner } = setUp({
      handle: (batch) => {
        seen.push(batch.records.length);
        runner.revoke(0);
        return seen.length === 1
          ? Promise.reject(Object.assign(new Error(), { code: '40001' }))
          : Promise.resolve();
      },
    });
    void runner.push([...records(2, 0), ...records(3, 1)]);
    await runner.idle();
    expect(seen).toEqual([5, 3]);
  });

  it('drains: waits for what runs, then takes no more; says so when the time was over before', async () => {
    const first = gate();
    const { runner, positions } = setUp({ handle: () => first.opened });
    void runner.push(records(2));
    const draining = runner.drain(10_000);
    await ticks();
    first.open();
    expect(await draining).toBe(true);
    void runner.push(records(2, 0, 2));
    await ticks();
    expect(runner.inFlight).toBe(0);
    expect(positions.get(0)).toBe(2n);

    const stuck = setUp({ handle: () => new Promise(() => undefined) });
    void stuck.runner.push(records(1));
    expect(await stuck.runner.drain(1)).toBe(false);
  });
});
